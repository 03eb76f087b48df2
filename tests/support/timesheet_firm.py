"""A drawn year of timesheets: habits, slips, and a reviewer who takes most of the slips back weeks later."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from tests.support.point_in_time import MemoryReader

START = date(2025, 1, 6)


def timesheet_firm(weeks: int, *, people: int = 6, seed: int = 1) -> MemoryReader:
    """Eight hours a day for everybody; one day in fifteen has a long entry or is entered twice."""
    rng = np.random.default_rng(seed)
    entries: list[dict[str, Any]] = []
    for week in range(weeks):
        for day in range(5):
            for person in range(people):
                _day(entries, START + timedelta(weeks=week, days=day), f"E{person}", rng)
    spent = [_lunch(n, START + timedelta(days=3 * n)) for n in range(weeks * 2)]
    return MemoryReader({"time_entry": entries, "expense": spent})


def _day(entries: list[dict[str, Any]], day: date, person: str, rng: np.random.Generator) -> None:
    friday = datetime.combine(day + timedelta(days=4 - day.weekday()), time(16))
    entry = {
        "time_entry_id": f"T{len(entries):06d}",
        "person_id": person,
        "project_id": f"P{rng.integers(3)}",
        "work_date": day,
        "hours": f"{8 + 0.25 * rng.integers(-2, 3):.2f}",
        "role": "consultant",
        "billable": True,
        "description": f"ticket {rng.integers(900)}",
        "status": "submitted",
        "submitted_at": friday,
        "known_at": friday,
    }
    slip = rng.random()
    if slip < 1 / 30:
        wrong = [entry | {"hours": "15.00"}]
    elif slip < 2 / 30:
        wrong = [entry | {"time_entry_id": f"T{len(entries):06d}b"}]
        entries.append(entry)
    else:
        wrong = []
        entries.append(entry)
    entries.extend(wrong)
    noticed = rng.random() < (0.8 if wrong else 0.004)
    last = (wrong or [entry])[-1]
    later = "rejected" if noticed else "approved"
    entries.append(last | {"status": later, "known_at": friday + timedelta(days=4)})


def _lunch(number: int, day: date) -> dict[str, Any]:
    return {
        "expense_id": f"X{number:04d}",
        "person_id": "E1",
        "expense_date": day,
        "category": "meals",
        "merchant": f"Diner {number % 7}",
        "amount": f"{20 + number % 9}.50",
        "currency": "USD",
        "status": "submitted",
        "known_at": datetime.combine(day, time(20)),
    }
