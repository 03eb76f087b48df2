"""The firm's limits for revenue leakage; the governance table ``policy_limit`` says what each means."""

from __future__ import annotations

from leadline.warehouse.point_in_time import PointInTimeReader
from leadline.warehouse.policies import Limits, read_limits


class Policy(Limits):
    """The limits, by their names in the table; money is in the reporting currency."""

    maturity_days: int
    plain_excess: float
    billable_days: int


def policy(reader: PointInTimeReader) -> Policy:
    """Return the limits as the firm has set them.

    Raises:
        ConfigurationError: the table is wrong; every fault is listed.
    """
    return read_limits(reader, "revenue_leakage", Policy)
