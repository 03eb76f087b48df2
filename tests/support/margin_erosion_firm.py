"""Drawn projects for margin erosion: one at a time for rules, a seeded crowd of them for learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from tests.support.point_in_time import MemoryReader

AS_OF = datetime(2025, 7, 1, tzinfo=UTC)
START = date(2025, 1, 6)
Row = dict[str, Any]


def at(day: date) -> datetime:
    """The evening of a day, when the warehouse has heard of it."""
    return datetime.combine(day, time(18))


def project(key: str = "P", **values: Any) -> Row:
    basis = {
        "project_id": key,
        "status": "open",
        "start_date": START,
        "planned_end_date": START + timedelta(weeks=40),
        "billing_method": "fixed_fee",
        "practice": "Data",
        "known_at": at(START),
    }
    return basis | values


def budget(key: str = "P", **values: Any) -> Row:
    basis = {
        "budget_id": f"{key}-B1",
        "project_id": key,
        "version": 1,
        "approved_on": START,
        "budget_cost": "10000",
        "budget_revenue": "20000",
        "budget_hours": "100",
        "currency": "USD",
        "known_at": at(START),
    }
    return basis | values


def change(key: str = "P", **values: Any) -> Row:
    basis = {
        "change_order_id": "C1",
        "project_id": key,
        "cost_change": "1000",
        "value_change": "2500",
        "requested_on": date(2025, 3, 3),
        "approved_on": date(2025, 3, 10),
        "status": "approved",
        "known_at": at(date(2025, 3, 10)),
    }
    return basis | values


def hours(key: str, day: date, amount: float, **values: Any) -> Row:
    basis = {
        "time_entry_id": f"{key}-{day}-{amount}",
        "project_id": key,
        "person_id": "A",
        "work_date": day,
        "hours": str(amount),
        "status": "approved",
        "known_at": at(day),
    }
    return basis | values


def rate(amount: str = "100", **values: Any) -> Row:
    basis = {
        "cost_rate_id": f"R{amount}",
        "person_id": "A",
        "rate": amount,
        "currency": "USD",
        "valid_from": date(2024, 1, 1),
    }
    return basis | values


def report(key: str, day: date, **values: Any) -> Row:
    basis = {"status_id": f"{key}-{day}", "project_id": key, "status_date": day, "currency": "USD", "known_at": at(day)}
    return basis | values


def firm(**tables: Sequence[Mapping[str, Any]]) -> MemoryReader:
    """One project with its budget, by default."""
    return MemoryReader({"project": [project()], "project_budget": [budget()], "cost_rate": [rate()], **tables})


def crowd(*, projects: int = 90, seed: int = 5, priced: bool = True) -> MemoryReader:
    """Projects of half a year each, started one after the other; a hidden factor of each decides what it will cost.

    The factor shows ever more clearly in hours and reports, so there is something to learn; every row is known on the
    evening of its day. Projects that would end after ``AS_OF`` are still open.
    """
    random = np.random.default_rng(seed)
    tables: dict[str, list[Row]] = {name: [] for name in ("project", "project_budget", "time_entry", "project_status")}
    for index in range(projects):
        start = date(2023, 1, 2) + timedelta(days=int(index * 860 / projects))
        factor = float(np.exp(random.normal(0.1, 0.25)))
        _draw_project(tables, f"P{index:03d}", start, factor, random, priced=priced)
    return MemoryReader({**tables, "cost_rate": [rate()]})


def _draw_project(
    tables: dict[str, list[Row]], key: str, start: date, factor: float, random: np.random.Generator, *, priced: bool
) -> None:
    weeks, day = 26, start
    revenue = "20000" if priced else None
    basis = {"start_date": start, "planned_end_date": start + timedelta(weeks=weeks), "practice": f"D{key[-1]}"}
    tables["project"].append(project(key, **basis, known_at=at(start)))
    tables["project_budget"].append(budget(key, budget_revenue=revenue, approved_on=start, known_at=at(start)))
    for week in range(2, weeks + 1, 4):
        day = start + timedelta(weeks=week)
        if day > AS_OF.date():
            return
        tables["time_entry"].append(hours(key, day, round(factor * 400 / weeks, 2)))
        done = min(week / weeks * float(np.exp(random.normal(0, 0.1))), 0.99)
        estimate = round(10000 * (1 + (factor - 1) * week / weeks), 2)
        figures = {"percent_complete": str(round(done, 4)), "forecast_cost": str(estimate)}
        tables["project_status"].append(report(key, day, **figures))
    end = start + timedelta(weeks=weeks)
    closed = {**basis, "status": "closed", "actual_end_date": end, "known_at": at(end)}
    tables["project"].append(project(key, **closed))
