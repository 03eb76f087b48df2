"""Days off: public holidays by calendar, leave by person, and who is at work when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.days import Bools, Ints, at, day, weekday
from leadline.simulator.people import NEVER, People
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams
from leadline.simulator.versions import Row, VersionLog

COHORT_STRIDE = 100_000
HOLIDAYS = {
    "US": (
        ((1, 1), "New Year's Day"),
        ((7, 4), "Independence Day"),
        ((11, 27), "Thanksgiving"),
        ((12, 25), "Christmas Day"),
    ),
    "UK": (
        ((1, 1), "New Year's Day"),
        ((8, 28), "Summer bank holiday"),
        ((12, 25), "Christmas Day"),
        ((12, 26), "Boxing Day"),
    ),
    "DE": (
        ((1, 1), "New Year's Day"),
        ((5, 1), "Labour Day"),
        ((10, 3), "German Unity Day"),
        ((12, 25), "Christmas Day"),
        ((12, 26), "Second Christmas Day"),
    ),
}
EASTER = {2022: (4, 17), 2023: (4, 9), 2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28), 2028: (4, 16)}


@dataclass(frozen=True)
class Attendance:
    """``works[p, d]``: person p can work on day ``first + d``. ``holiday[p, d]`` and ``leave[p, d]`` say why not."""

    first: int
    works: Bools
    holiday: Bools
    leave: Bools


def holidays(calendar: str, year: int) -> list[tuple[int, str]]:
    """Return a calendar's public holidays of a year as (day, name)."""
    fixed = [(day(date(year, month, number)), name) for (month, number), name in HOLIDAYS[calendar]]
    if calendar == "US":
        return sorted(fixed)
    easter = date(year, *EASTER[year])
    return sorted([*fixed, (day(easter - timedelta(2)), "Good Friday"), (day(easter + timedelta(1)), "Easter Monday")])


def record_holidays(log: VersionLog, preset: Preset) -> None:
    """Record all holidays, each year published in the autumn before it."""
    for calendar in words.CALENDARS:
        for year in range(preset.start.year, preset.as_of.year + 2):
            for number, name in holidays(calendar, year):
                log.add(
                    "holiday", at(day(date(year - 1, 10, 1)), 9), calendar_id=calendar, holiday_date=number, name=name
                )


def make_attendance(
    preset: Preset, people: People, streams: Streams, log: VersionLog, *, weeks: int, first: int
) -> Attendance:
    """Draw everybody's leave, record it, and lay out who works when."""
    rng = streams.rng("absences")
    days = first + np.arange(weeks * 7)
    off = np.zeros((3, len(days)), dtype=bool)
    for index, calendar in enumerate(words.CALENDARS):
        for year in range(preset.start.year, 2029):
            for number, _ in holidays(calendar, year):
                if 0 <= number - first < len(days):
                    off[index, number - first] = True
    holiday = off[people.entity]
    leave = _leave(preset, people, streams, rng, log, days)
    employed = (np.maximum(people.hire, day(preset.start))[:, None] <= days) & (days < people.leaves[:, None])
    workday = (weekday(days) < 5)[None, :]
    return Attendance(first, employed & workday & ~holiday & ~leave, holiday, leave)


def _leave(
    preset: Preset, people: People, streams: Streams, rng: np.random.Generator, log: VersionLog, days: Ints
) -> Bools:
    leave = np.zeros((len(people.ids), len(days)), dtype=bool)
    serial = streams.cohort * COHORT_STRIDE
    first, last = int(days[0]), day(preset.as_of) + 120
    for person in range(len(people.ids)):
        joined, left = max(int(people.hire[person]), first), min(int(people.leaves[person]), last)
        count = int(rng.poisson(max((left - joined) / 365 * 8.5, 0)))
        for start in np.sort(rng.integers(joined, max(left, joined + 1), count)):
            serial += 1
            kind = str(rng.choice(["vacation", "sick", "training"], p=[0.6, 0.3, 0.1]))
            length = {"vacation": int(rng.choice([1, 3, 5, 8, 12])), "sick": int(rng.choice([1, 2, 4])), "training": 2}[
                kind
            ]
            asked = int(start) - (int(rng.integers(10, 60)) if kind != "sick" else 0)
            asked = max(asked, int(people.hire[person]))
            cancelled = rng.random() < 0.05
            _record_leave(
                log, people.ids[person], serial, (asked, int(start), int(start) + length - 1), kind, cancelled
            )
            if not cancelled:
                leave[person, start - first : start - first + length] = True
    return leave


def _record_leave(
    log: VersionLog, person: str, serial: int, span: tuple[int, int, int], kind: str, cancelled: bool
) -> None:
    asked, start, end = span
    values: Row = {
        "leave_id": f"AB{serial:07d}",
        "person_id": person,
        "start_date": start,
        "end_date": end,
        "leave_type": kind,
    }
    log.add("leave", at(asked, 9), status="requested", **values)
    log.add("leave", at(asked + 1, 9) if start > asked else at(asked, 12), status="approved", **values)
    if cancelled and start - 1 > asked + 1:
        log.add("leave", at(start - 1, 9), status="cancelled", **values)


def record_people(people: People, log: VersionLog, preset: Preset, streams: Streams) -> None:
    """Record people at hire and at exit, and their yearly cost rates."""
    rng = streams.rng("hr records")
    for person, identity in enumerate(people.ids):
        entity = int(people.entity[person])
        hired, leaves = int(people.hire[person]), int(people.leaves[person])
        values: Row = {
            "person_id": identity,
            "name": people.names[person],
            "email": f"{identity.lower()}@northgate.example.com",
            "legal_entity_id": words.LEGAL_ENTITIES[entity],
            "role": people.title(person),
            "seniority": int(people.seniority[person]),
            "practice": words.PRACTICES[int(people.practice[person])] if people.delivers[person] else None,
            "region": words.REGIONS[int(people.region[person])],
            "manager_id": people.ids[int(people.manager[person])] if people.manager[person] != person else None,
            "hire_date": hired,
            "weekly_hours": round(float(people.weekly_hours[person]), 2),
            "employment_type": "contractor" if people.contractor[person] else "employee",
            "billable_target": (0.82, 0.80, 0.76, 0.65, 0.62)[int(people.role[person])]
            if people.delivers[person]
            else None,
            "calendar_id": words.CALENDARS[entity],
        }
        log.add("person", at(hired, 8), status="active", **values)
        if leaves < NEVER:
            log.add("person", at(leaves, 18), status="left", termination_date=leaves, **values)
        _record_cost(people, person, log, preset, rng)


def _record_cost(people: People, person: int, log: VersionLog, preset: Preset, rng: np.random.Generator) -> None:
    hired = int(people.hire[person])
    starts = [hired] + [day(date(year, 1, 1)) for year in range(preset.start.year, preset.as_of.year + 1)]
    starts = [start for position, start in enumerate(starts) if position == 0 or start > hired]
    rate = float(people.cost[person]) * 0.97 ** (len(starts) - 1)
    for version, start in enumerate(starts, start=1):
        values: Row = {
            "cost_rate_id": f"{people.ids[person]}-{version}",
            "person_id": people.ids[person],
            "rate": round(rate, 2),
            "currency": words.ENTITY_CURRENCIES[int(people.entity[person])],
            "valid_from": start,
        }
        log.add("cost_rate", at(start, 8), **values)
        if version < len(starts):
            log.add("cost_rate", at(starts[version], 7.9), valid_to=starts[version], **values)
        rate *= 1.03 + float(rng.normal(0, 0.005))
