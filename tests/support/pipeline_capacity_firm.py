"""Drawn deals and people for pipeline and capacity: single ones for rules, a seeded pipeline for learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from tests.support.point_in_time import MemoryReader

AS_OF = datetime(2025, 6, 30, 23, tzinfo=UTC)  # a Monday
TODAY = date(2025, 6, 30)
NEXT_MONDAY = date(2025, 7, 7)
Row = dict[str, Any]


def at(day: date) -> datetime:
    """Noon of a day, when the CRM has heard of it."""
    return datetime.combine(day, time(12))


def deal(key: str = "D", **values: Any) -> Row:
    basis = {
        "opportunity_id": key,
        "account_id": "K",
        "stage": "Proposal",
        "is_closed": False,
        "amount": "100000",
        "currency": "USD",
        "probability": "0.4",
        "created_on": date(2025, 6, 2),
        "expected_close_date": date(2025, 7, 28),
        "expected_start_date": date(2025, 8, 25),
        "expected_duration_weeks": 10,
        "region": "North",
        "practice": "Data",
        "known_at": at(date(2025, 6, 2)),
    }
    return basis | values


def decided(key: str, *, won: bool, on: date, **values: Any) -> Row:
    outcome = {
        "is_closed": True,
        "is_won": won,
        "close_date": on,
        "stage": "Won" if won else "Lost",
        "known_at": at(on),
    }
    return deal(key, **outcome, **values)


def ask(key: str = "D", **values: Any) -> Row:
    basis = {
        "demand_id": f"{key}-{values.get('role', 'Analyst')}",
        "opportunity_id": key,
        "role": "Analyst",
        "fte": "2",
        "start_offset_weeks": 0,
        "duration_weeks": 10,
    }
    return basis | values


def moved(key: str, field: str, old: str, new: str, on: date) -> Row:
    return {
        "event_id": f"{key}-{field}-{on}",
        "opportunity_id": key,
        "event_type": field,
        "old_value": old,
        "new_value": new,
        "event_at": at(on),
        "known_at": at(on),
    }


def person(key: str = "A", **values: Any) -> Row:
    basis = {
        "person_id": key,
        "role": "Analyst",
        "region": "North",
        "hire_date": date(2020, 1, 1),
        "weekly_hours": "40",
        "calendar_id": "X",
        "status": "active",
    }
    return basis | values


def booking(key: str = "B", **values: Any) -> Row:
    basis = {
        "assignment_id": key,
        "person_id": "A",
        "project_id": "P",
        "booking_type": "hard",
        "start_date": date(2025, 6, 2),
        "end_date": date(2025, 8, 1),
        "hours_per_week": "20",
        "status": "active",
    }
    return basis | values


def pipeline(**tables: Sequence[Mapping[str, Any]]) -> MemoryReader:
    return MemoryReader(dict(tables))


def drawn_pipeline(*, deals: int = 320, seed: int = 3) -> MemoryReader:
    """Deals of twelve weeks each over two and a half years; those quoted are won twice as often, sellers always hope.

    Won deals become a project four weeks after the win and ask for two analysts for ten weeks.
    """
    random = np.random.default_rng(seed)
    names = ("opportunity", "opportunity_event", "opportunity_role_demand", "quote", "project")
    tables: dict[str, list[Row]] = {name: [] for name in names}
    for index in range(deals):
        created = date(2023, 1, 2) + timedelta(days=int(index * 900 / deals))
        _draw_deal(tables, f"D{index:03d}", created, random)
    staff = [person(f"E{index}") for index in range(4)] + [person("S", role="Seller")]
    return MemoryReader({**tables, "person": staff, "assignment": [booking("B", person_id="E0")]})


def _draw_deal(tables: dict[str, list[Row]], key: str, created: date, random: np.random.Generator) -> None:
    quoted = bool(random.random() < 0.5)
    won, life = bool(random.random() < (0.7 if quoted else 0.2)), timedelta(days=int(random.integers(40, 110)))
    hoped = created + timedelta(days=60)
    plan = {"created_on": created, "expected_close_date": hoped, "expected_start_date": hoped + timedelta(days=28)}
    rows = tables["opportunity"]
    rows.append(deal(key, **plan, known_at=at(created)))
    tables["opportunity_role_demand"].append(ask(key, known_at=at(created)))
    if quoted:
        sent = created + timedelta(days=10)
        tables["quote"].append({"quote_id": key, "opportunity_id": key, "issued_on": sent, "known_at": at(sent)})
    pushed = created + timedelta(days=35)
    if random.random() < 0.5 and life.days > 40:
        later = hoped + timedelta(days=30)
        rows.append(deal(key, **plan | {"expected_close_date": later}, known_at=at(pushed)))
        tables["opportunity_event"].append(moved(key, "expected_close_date", str(hoped), str(later), pushed))
    end = created + life
    if end > TODAY:
        return
    rows.append(decided(key, won=won, on=end, **plan))
    if won:
        start = end + timedelta(days=28)
        work = {"project_id": f"P{key}", "opportunity_id": key, "status": "open", "start_date": start}
        tables["project"].append(work | {"known_at": at(end)})
