"""The firm's limits for staffing; the governance table ``policy_limit`` says what each means."""

from __future__ import annotations

from leadline.warehouse.point_in_time import PointInTimeReader
from leadline.warehouse.policies import Limits, read_limits


class Policy(Limits):
    """The limits, by their names in the table; money is in the reporting currency."""

    min_coverage: float
    min_remote_coverage: float
    min_availability: float
    soft_share: float
    fill_weeks: int
    weekly_fill: float


def policy(reader: PointInTimeReader) -> Policy:
    """Return the limits as the firm has set them.

    Raises:
        ConfigurationError: the table is wrong; every fault is listed.
    """
    return read_limits(reader, "staffing_match", Policy)
