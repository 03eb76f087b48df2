"""When an exception that is left lying goes up, and to whom, by the firm's service levels."""

from __future__ import annotations

from datetime import datetime, timedelta

from leadline.queue.ownership import Escalation
from leadline.warehouse.point_in_time import PointInTimeReader
from scoring.governance import CALENDAR, ServiceLevel, read_governance
from scoring.working_time import later


def escalations(reader: PointInTimeReader) -> dict[str, Escalation]:
    """Return, by score, where ``gov_exception_sla`` sends up what is overdue; scores that never go up are left out."""
    levels = read_governance(reader).levels
    return {score: _escalation(level) for score, level in levels.items() if level.escalate_to is not None}


def _escalation(level: ServiceLevel) -> Escalation:
    hours = level.escalate_after_hours or 0

    def goes_up_at(due: datetime) -> datetime:
        return due + timedelta(hours=hours) if level.clock == CALENDAR else later(due, hours)

    return Escalation(to=level.escalate_to or "", goes_up_at=goes_up_at)
