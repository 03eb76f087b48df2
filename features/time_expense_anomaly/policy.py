"""The firm's limits for time and expense anomalies; the governance table ``policy_limit`` says what each means."""

from __future__ import annotations

from leadline.warehouse.point_in_time import PointInTimeReader
from leadline.warehouse.policies import Limits, read_limits


class Policy(Limits):
    """The limits, by their names in the table; money is in the reporting currency."""

    max_hours_a_day: float
    max_hours_a_week: float
    last_workday: int
    late_time_days: int
    early_days: int
    assignment_slack_days: int
    role_share: float
    late_expense_days: int
    receipt_from: float
    approval_limit_low: float
    approval_limit_middle: float
    approval_limit_high: float
    round_from: float
    round_step: float
    min_category_limit: float
    maturity_days: int
    min_expected_value: float
    min_probability: float
    max_share: float
    min_shown: int
    random_per_night: int


def policy(reader: PointInTimeReader) -> Policy:
    """Return the limits as the firm has set them.

    Raises:
        ConfigurationError: the table is wrong; every fault is listed.
    """
    return read_limits(reader, "time_expense_anomaly", Policy)
