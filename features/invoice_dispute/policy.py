"""The firm's limits for invoice disputes; the governance table ``policy_limit`` says what each means."""

from __future__ import annotations

from leadline.warehouse.point_in_time import PointInTimeReader
from leadline.warehouse.policies import Limits, read_limits


class Policy(Limits):
    """The limits, by their names in the table; money is in the reporting currency."""

    outcome_days: int
    material_share: float
    late_grace_days: int
    capital_cost: float
    default_loss_share: float
    default_delay_days: int
    write_off_days: int
    min_at_risk: float
    min_lift: float


def policy(reader: PointInTimeReader) -> Policy:
    """Return the limits as the firm has set them.

    Raises:
        ConfigurationError: the table is wrong; every fault is listed.
    """
    return read_limits(reader, "invoice_dispute", Policy)
