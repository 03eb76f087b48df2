"""Whatever the pairs: the optimal plan keeps to everybody's hours and is never worth less than the greedy one."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from models.staffing_match.plan import Plan, greedy_plan, optimal_plan

MONDAY = date(2026, 3, 2)
PAIR = st.tuples(
    st.integers(0, 4), st.integers(0, 3), st.floats(0.1, 100), st.integers(0, 2), st.integers(1, 4), st.integers(8, 40)
)


def _frame(drawn: list[tuple[int, int, float, int, int, int]]) -> pl.DataFrame:
    """One row per pair; weeks and hours belong to the request, free hours (40 a week) to the person."""
    terms: dict[int, tuple[int, int, int]] = {}
    rows = []
    for request, person, value, *own in drawn:
        start, weeks, hours = terms.setdefault(request, (own[0], own[1], own[2]))
        rows.append((f"R{request}", f"P{person}", value, float(hours), MONDAY + timedelta(weeks=start), [40.0] * weeks))
    names = ["request_id", "person_id", "value", "asked_hours", "first_week", "free_by_week"]
    return pl.DataFrame(rows, schema=names, orient="row").unique(["request_id", "person_id"], keep="first")


def _busiest(frame: pl.DataFrame, plan: Plan) -> float:
    load: dict[tuple[str, date], float] = {}
    for request, person in plan.chosen.items():
        row = frame.filter(pl.col("request_id") == request).row(0, named=True)
        for n in range(len(row["free_by_week"])):
            week = person, row["first_week"] + timedelta(weeks=n)
            load[week] = load.get(week, 0.0) + row["asked_hours"]
    return max(load.values(), default=0.0)


@given(st.lists(PAIR, min_size=1, max_size=14))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_optimal_plan_keeps_to_the_hours_and_beats_greedy(
    drawn: list[tuple[int, int, float, int, int, int]],
) -> None:
    frame = _frame(drawn)
    best, greedy = optimal_plan(frame, value="value"), greedy_plan(frame, value="value")
    assert _busiest(frame, best) <= 40.0 + 1e-6
    assert best.value >= greedy.value - 1e-3
    assert optimal_plan(frame.reverse(), value="value") == best
