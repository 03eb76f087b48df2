"""How well the queue works, and what another budget would change: the figures behind the decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from leadline.app.boundary import session_of
from leadline.app.options import FormatOption, HomeOption
from leadline.app.printing import Format, money, print_rows, print_table
from leadline.app.progress import note
from leadline.app.work import looking_at_queue

if TYPE_CHECKING:
    from leadline.queue.measures import Measures
    from scoring.sensitivity import Choice

TIMES = {
    "stem": "score",
    "waiting": "waiting",
    "overdue": "overdue",
    "age": "median age",
    "hours": "hours to decide",
    "in_time": "in time",
}
TRUTH = {
    "stem": "score",
    "decided": "decided",
    "precision": "true, of the ranked",
    "slice": "true, at random",
    "lift": "lift",
    "override": "overridden",
    "recovered": "recovered",
}
CHOICES = {
    "stem": "score",
    "budget": "budget",
    "items": "reviews",
    "value": "saved, net",
    "captured": "captured",
    "last": "the last one saves",
}


def metrics(ctx: typer.Context, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Tell how well the queue works: what of it is true, what it misses, how long it takes, what it saved."""
    session = session_of(ctx)
    with looking_at_queue(session, home) as store:
        found = store.measures(at=session.parts.now())
    if form is not Format.TABLE:
        rows = [asdict(one) | {"recovered": {name: str(sum_) for name, sum_ in one.recovered.items()}} for one in found]
        print_rows(rows, form, columns=TRUTH)
        return
    lines = [_measures_row(one) for one in found]
    print_table(lines, TIMES, title="What waits, and how long it takes")
    print_table(lines, TRUTH, title="What was decided, by the last word on each")
    if not any(one.decided for one in found):
        note("Nothing was decided yet: leadline queue decide ID.")


def print_choices(found: Sequence[Choice], form: Format) -> None:
    """Print what looking at fewer or more exceptions would be worth, a block of rows per score."""
    if form is not Format.TABLE:
        print_rows([asdict(one) for one in found], form, columns=CHOICES)
        return
    print_table([_choice_row(one) for one in found], CHOICES, title="What another budget would save, by expectation")
    note("Budgets and review costs: governance table alert_budget (docs/warehouse.md).")


def _measures_row(one: Measures) -> dict[str, Any]:
    interval = f" ({one.precision_low:.0%} … {one.precision_high:.0%})" if one.precision_low is not None else ""
    return {
        "stem": one.stem,
        "waiting": one.waiting,
        "overdue": one.overdue,
        "age": "–" if one.age_days is None else f"{one.age_days:,.0f} d",
        "decided": one.decided,
        "precision": _share(one.precision) + interval,
        "slice": _share(one.slice_rate) + (f" of {one.slice_decided}" if one.slice_decided else ""),
        "lift": "–" if one.lift is None else f"{one.lift:.1f}",
        "override": _share(one.override_rate),
        "hours": "–" if one.hours_to_decision is None else f"{one.hours_to_decision:,.0f}",
        "in_time": _share(one.in_time),
        "recovered": ", ".join(money(amount, currency) for currency, amount in one.recovered.items()) or "–",
    }


def _choice_row(one: Choice) -> dict[str, Any]:
    return {
        "stem": one.stem,
        "budget": "all worthwhile" if one.budget_share is None else f"× {one.budget_share:g}",
        "items": one.items,
        "value": money(one.expected_value, one.currency),
        "captured": _share(one.captured),
        "last": money(one.last_value, one.currency),
    }


def _share(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.0%}"
