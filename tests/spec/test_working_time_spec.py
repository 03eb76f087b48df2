"""Working hours pass on weekdays that are no day off, around the clock. 2026-07-03 is a Friday."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from scoring.working_time import later

CASES = [
    # start               hours  day off       later
    ("2026-07-01 09:00", 24, None, "2026-07-02 09:00"),  # a weekday to the next
    ("2026-07-03 16:00", 24, None, "2026-07-06 16:00"),  # over a weekend
    ("2026-07-03 16:00", 8, None, "2026-07-04 00:00"),  # to the last moment of Friday
    ("2026-07-03 16:00", 9, None, "2026-07-06 01:00"),  # one hour more is on Monday
    ("2026-07-04 11:00", 1, None, "2026-07-06 01:00"),  # begun on a Saturday: the clock starts on Monday
    ("2026-07-03 16:00", 24, "2026-07-06", "2026-07-07 16:00"),  # Monday is a holiday
    ("2026-07-01 09:00", 0, None, "2026-07-01 09:00"),  # at once
    ("2026-07-04 09:00", 0, None, "2026-07-06 00:00"),  # at once, when work begins again
    ("2026-07-01 09:00", 240, None, "2026-07-15 09:00"),  # ten working days are two weeks
]


@pytest.mark.parametrize(("start", "hours", "off", "expected"), CASES)
def test_hours_pass_only_on_days_somebody_works(start: str, hours: int, off: str | None, expected: str) -> None:
    days_off = {date.fromisoformat(off)} if off else set()
    found = later(datetime.fromisoformat(start).replace(tzinfo=UTC), hours, days_off=days_off)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
