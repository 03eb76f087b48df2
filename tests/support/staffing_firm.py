"""A small firm's staffing desk, drawn: requests, people, skills, bookings and how proposals went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from tests.support.point_in_time import MemoryReader, Row

AS_OF = datetime(2026, 3, 2, 23)


def person(person_id: str, **values: Any) -> dict[str, Any]:
    """A consultant hired long ago, forty hours a week, in the north."""
    return {
        "person_id": person_id,
        "role": "consultant",
        "seniority": 3,
        "region": "north",
        "hire_date": date(2020, 1, 1),
        "weekly_hours": 40,
        "billable_target": "0.8",
        "status": "active",
    } | values


def request(request_id: str, **values: Any) -> dict[str, Any]:
    """Twelve weeks of a consultant in the north, full time, open."""
    return {
        "request_id": request_id,
        "role": "consultant",
        "region": "north",
        "seniority": 3,
        "start_date": date(2026, 3, 9),
        "end_date": date(2026, 5, 31),
        "hours_per_week": 40,
        "requested_on": date(2026, 3, 1),
        "status": "open",
        "known_at": datetime(2026, 3, 1, 17),
    } | values


def booking(assignment_id: str, person_id: str, start: date, end: date, **values: Any) -> dict[str, Any]:
    """A full-time hard booking."""
    return {
        "assignment_id": assignment_id,
        "person_id": person_id,
        "booking_type": "hard",
        "start_date": start,
        "end_date": end,
        "hours_per_week": 40,
        "status": "active",
    } | values


def list_price(rate: int = 100) -> Row:
    """The firm's list price of a consultant, in USD an hour."""
    return {
        "rate_id": "L",
        "role": "consultant",
        "rate": Decimal(rate),
        "currency": "USD",
        "valid_from": date(2020, 1, 1),
    }


def desk(people: Sequence[Row], requests: Sequence[Row], **tables: Sequence[Row]) -> MemoryReader:
    """The desk as known: people and requests, and whatever else is drawn."""
    return MemoryReader({"person": people, "staffing_request": requests, **tables})


def small_desk() -> MemoryReader:
    """Two roles over the same weeks; P1 suits both best, P2 is junior and tentatively booked, P3 is on another role."""
    return desk(
        [person("P1", name="Person One"), person("P2", seniority=1), person("P3", role="architect")],
        [request("R1", project_id="PR-1"), request("R2", hours_per_week=20, region="south")],
        assignment=[booking("B1", "P2", date(2026, 3, 2), date(2026, 4, 30), booking_type="soft", hours_per_week=8)],
        staffing_request_skill=[{"request_id": "R1", "skill_id": "S1", "min_level": 3}],
        skill=[{"skill_id": "S1", "name": "Sounding"}],
        person_skill=[{"person_id": "P1", "skill_id": "S1", "level": 4, "assessed_on": date(2025, 1, 1)}],
        rate_card=[list_price()],
    )


def seasoned_desk(weeks: int, *, seed: int = 1) -> MemoryReader:
    """A desk with a past: two requests a week, four proposals each; skilled people are picked and deliver well."""
    rng = np.random.default_rng(seed)
    people = [person(f"P{n:02d}", seniority=int(rng.integers(2, 5))) for n in range(16)]
    skill = {p["person_id"]: {s: int(rng.integers(1, 6)) for s in "ABC"} for p in people}
    tables: dict[str, list[Row]] = {"staffing_request": [], "staffing_request_skill": [], "staffing_proposal": []}
    for week in range(weeks):
        for n in range(2):
            _past_request(tables, f"R{week:03d}{n}", date(2024, 1, 6) + timedelta(weeks=week), skill, rng)
    return MemoryReader(
        {
            "person": people,
            "skill": [{"skill_id": s, "name": s, "category": "craft"} for s in "ABC"],
            "person_skill": [
                {"person_id": p, "skill_id": s, "level": level, "assessed_on": date(2023, 6, 1)}
                for p, levels in skill.items()
                for s, level in levels.items()
            ],
            "rate_card": [list_price()],
            **tables,
        }
    )


def _past_request(
    tables: dict[str, list[Row]],
    request_id: str,
    raised: date,
    skill: dict[str, dict[str, int]],
    rng: np.random.Generator,
) -> None:
    known_at = datetime.combine(raised, datetime.min.time()) + timedelta(hours=17)
    asked = str(rng.choice(list("ABC")))
    row = request(
        request_id,
        start_date=raised + timedelta(days=10),
        end_date=raised + timedelta(days=70),
        requested_on=raised,
        hours_per_week=20,
        known_at=known_at,
    )
    decided = known_at + timedelta(days=4)
    tables["staffing_request"] += [row, row | {"status": "filled", "known_at": decided}]
    tables["staffing_request_skill"].append(
        {"request_id": request_id, "skill_id": asked, "min_level": 4, "known_at": known_at}
    )
    proposed = [str(p) for p in rng.choice(sorted(skill), 4, replace=False)]
    chosen = max(proposed, key=lambda p: skill[p][asked] + rng.normal(0, 0.5))
    for person_id in proposed:
        proposal = {
            "proposal_id": f"{request_id}{person_id}",
            "request_id": request_id,
            "person_id": person_id,
            "proposed_on": raised,
            "status": "accepted" if person_id == chosen else "rejected",
            "known_at": decided,
        }
        tables["staffing_proposal"].append(proposal)
        if person_id == chosen:
            rating = float(np.clip(skill[person_id][asked] / 5 + rng.normal(0, 0.1), 0, 1))
            rated = {"outcome_rating": f"{rating:.4f}", "known_at": decided + timedelta(days=60)}
            tables["staffing_proposal"].append(proposal | rated)
