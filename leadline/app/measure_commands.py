"""Measures of the queue: how well it works, what acting is worth, what another budget would change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from leadline.app.boundary import session_of
from leadline.app.options import AsOfOption, FormatOption, HomeOption, moment
from leadline.app.printing import Format, money, print_rows, print_table
from leadline.app.progress import note
from leadline.app.work import look, looking_at_queue

if TYPE_CHECKING:
    from leadline.queue.measures import Measures
    from scoring.sensitivity import Choice
    from scoring.uplift import Group, Uplift

TIMES = {
    "score": "score",
    "waiting": "waiting",
    "overdue": "overdue",
    "age": "median age",
    "hours": "hours to decide",
    "in_time": "in time",
}
TRUTH = {
    "score": "score",
    "decided": "decided",
    "precision": "true, of the ranked",
    "slice": "true, at random",
    "lift": "lift",
    "override": "overridden",
    "recovered": "recovered",
}
UPLIFT = {
    "score": "score",
    "share": "held back",
    "held": "harmed, of the held back",
    "shown": "harmed, of the shown",
    "prevented": "acting prevents",
    "saved": "and saves each",
    "cost": "a review costs",
}
CHOICES = {
    "score": "score",
    "budget": "budget",
    "items": "reviews",
    "value": "saved, net",
    "captured": "captured",
    "last": "the last one saves",
}


def metrics(ctx: typer.Context, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Measure the queue: precision, what it misses, time to decision, money saved."""
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


def uplift(
    ctx: typer.Context, as_of: AsOfOption = None, home: HomeOption = None, form: FormatOption = Format.TABLE
) -> None:
    """Measure what acting is worth: outcomes of held-back exceptions beside similar ones that people saw.

    A firm sets the share and the little money up to which exceptions are held back in its table control_share.
    """
    session = session_of(ctx)
    with looking_at_queue(session, home) as store:
        enrolled, scored = store.trial.enrolled(), store.scored()
    if not enrolled:
        note("Nothing was ever held back: governance table control_share turns it on (docs/scores.md).")
    if not enrolled or not scored:
        return
    known = session.parts.open_current(look(session, home).warehouse)
    found = session.parts.uplift(enrolled, known, as_of=moment(as_of) or max(scored.values()))
    if form is not Format.TABLE:
        print_rows([_flat(one) for one in found], form, columns=UPLIFT)
        return
    print_table([_uplift_row(one) for one in found], UPLIFT, title="What acting is worth, with 95% intervals")
    if any(one.prevented_low is None or one.prevented_low <= 0 for one in found):
        note("An interval that holds 0% does not tell yet whether acting helps: wait for more outcomes.")


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
        "score": one.score,
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


def _uplift_row(one: Uplift) -> dict[str, Any]:
    return {
        "score": one.score,
        "share": _share(one.share),
        "held": _harmed(one.held),
        "shown": _harmed(one.shown),
        "prevented": _between(_share, one.prevented, one.prevented_low, one.prevented_high),
        "saved": _between(partial(money, currency=one.currency), one.saved_each, one.saved_low, one.saved_high),
        "cost": money(one.review_cost, one.currency),
    }


def _flat(one: Uplift) -> dict[str, Any]:
    groups = {"held": one.held, "shown": one.shown}
    counts = {f"{name}_{field}": figure for name, group in groups.items() for field, figure in _readable(group).items()}
    return {"score": one.score, "share": one.share} | counts | _readable(one)


def _readable(one: Uplift | Group) -> dict[str, Any]:
    figures = {field: figure for field, figure in asdict(one).items() if not isinstance(figure, dict)}
    return {field: str(figure) if isinstance(figure, Decimal) else figure for field, figure in figures.items()}


def _harmed(group: Group) -> str:
    return f"{_share(group.rate)} of {group.known} known ({group.drawn} drawn)"


def _between(render: Callable[[Any], str], middle: Any, low: Any, high: Any) -> str:
    return "–" if middle is None else f"{render(middle)} ({render(low)} … {render(high)})"


def _choice_row(one: Choice) -> dict[str, Any]:
    return {
        "score": one.score,
        "budget": "all worthwhile" if one.budget_share is None else f"× {one.budget_share:g}",
        "items": one.items,
        "value": money(one.expected_value, one.currency),
        "captured": _share(one.captured),
        "last": money(one.last_value, one.currency),
    }


def _share(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.0%}"
