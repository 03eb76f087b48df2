"""Who goes where: the plan with the highest expected value that fits everyone's week.

Written as a mixed-integer programme and solved to the optimum by HiGHS (through SciPy); the greedy plan takes the best
pair first and is its baseline.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

# Keeping the ten best candidates per request gives the value of keeping all, in a fifth of the time.
BEST_PER_REQUEST = 10
# Ties are broken by order, by less than any real difference.
TIE_STEP = 1e-7
GAP = 1e-6
# What a pinned pair that is worth nothing counts, so that it stays among the pairs.
SMALLEST = 1e-9
# How the solver says that its plan is the best.
PROVEN = 0

Array = NDArray[np.float64]
Cell = tuple[str, date]


@dataclass(frozen=True)
class Plan:
    """Chosen pairs (request_id → person_id) and the sum of their values.

    ``is_best`` is False where the time ran out before it was proven that no plan is worth more.
    """

    chosen: dict[str, str]
    value: float
    is_best: bool = True


@dataclass(frozen=True)
class _Pair:
    request_id: str
    person_id: str
    value: float
    load: dict[date, float]


def optimal_plan(pairs: pl.DataFrame, *, value: str) -> Plan:
    """Return the plan with the highest total of column ``value``.

    ``pairs``: one row per request_id × person_id with ``asked_hours`` a week, ``first_week`` and ``free_by_week``. Each
    request gets at most one person; the hours of a person's requests fit into each week's free hours. A person with
    fewer free hours than asked gives all of them. The same pairs give the same plan.
    """
    options, free = _options(pairs, value)
    plan = _solve(options, free, pinned={}, seconds=None)
    if plan is None:  # an empty plan always fits, and there is no end of time
        raise AssertionError("the solver found no plan")
    return plan


def plan_with(pairs: pl.DataFrame, *, value: str, pinned: Mapping[str, str], seconds: float) -> Plan | None:
    """Return the best plan in which each pinned request_id has its person_id; same rules as :func:`optimal_plan`.

    Pinned pairs must be among ``pairs``. None: the pinned hours overrun somebody's week, or after ``seconds`` there is
    no plan yet; a plan that is there by then is returned with ``is_best`` False.
    """
    others = ~pl.col("request_id").is_in(list(pinned))
    keep = pl.DataFrame(list(pinned.items()), schema=["request_id", "person_id"], orient="row")
    kept = keep.cast(pl.String).join(pairs, on=["request_id", "person_id"], how="inner")
    options, free = _options(pairs.filter(others), value)
    more, more_free = _options(kept.select(pairs.columns).with_columns(pl.col(value).clip(lower_bound=SMALLEST)), value)
    return _solve([*options, *more], free | more_free, pinned=pinned, seconds=seconds)


def greedy_plan(pairs: pl.DataFrame, *, value: str) -> Plan:
    """Return the plan that takes the best remaining pair, again and again; same rules as :func:`optimal_plan`."""
    options, free = _options(pairs, value)
    left, chosen, total = dict(free), {}, 0.0
    for option in sorted(options, key=lambda o: (-o.value, o.request_id, o.person_id)):
        fits = all(left[option.person_id, week] >= hours - 1e-9 for week, hours in option.load.items())
        if option.request_id in chosen or not fits:
            continue
        for week, hours in option.load.items():
            left[option.person_id, week] -= hours
        chosen[option.request_id] = option.person_id
        total += option.value
    return Plan(chosen, total)


def _options(pairs: pl.DataFrame, value: str) -> tuple[list[_Pair], dict[Cell, float]]:
    """Return the best candidates of each request, in a fixed order, and everybody's free hours by week."""
    best = (
        pairs.filter(pl.col(value) > 0)
        .sort("request_id", value, "person_id", descending=[False, True, False])
        .group_by("request_id", maintain_order=True)
        .head(BEST_PER_REQUEST)
    )
    options: list[_Pair] = []
    free: dict[Cell, float] = {}
    columns = ("request_id", "person_id", value, "asked_hours", "first_week", "free_by_week")
    for request_id, person_id, worth, asked, first, hours in best.select(columns).iter_rows():
        weeks = {first + timedelta(weeks=n): float(left) for n, left in enumerate(hours)}
        free |= {(person_id, week): left for week, left in weeks.items()}
        load = {week: min(float(asked), left) for week, left in weeks.items()}
        options.append(_Pair(request_id, person_id, float(worth), load))
    return options, free


def _solve(
    options: list[_Pair], free: dict[Cell, float], *, pinned: Mapping[str, str], seconds: float | None
) -> Plan | None:
    from scipy.optimize import Bounds, LinearConstraint, milp

    if not options:
        return Plan({}, 0.0)
    scale = max(option.value for option in options)
    ties = np.arange(len(options)) / len(options) * TIE_STEP
    worth = np.array([option.value / scale for option in options]) - ties
    matrix, limits = _constraints(options, free)
    result = milp(
        -worth,
        integrality=np.ones(len(options)),
        bounds=Bounds([float(option.request_id in pinned) for option in options], 1),
        constraints=LinearConstraint(matrix, -np.inf, limits),
        options={"mip_rel_gap": GAP} | ({} if seconds is None else {"time_limit": seconds}),
    )
    if result.x is None:
        return None
    taken = [option for option, x in zip(options, result.x, strict=True) if x > 0.5]
    chosen = {option.request_id: option.person_id for option in taken}
    return Plan(chosen, float(sum(option.value for option in taken)), is_best=result.status == PROVEN)


def _constraints(options: list[_Pair], free: dict[Cell, float]) -> tuple[object, Array]:
    """One row per request (at most one person), one per person and week that two requests compete for."""
    from scipy.sparse import csr_array

    by_request: dict[str, list[int]] = defaultdict(list)
    by_cell: dict[Cell, list[int]] = defaultdict(list)
    for index, option in enumerate(options):
        by_request[option.request_id].append(index)
        for week in option.load:
            by_cell[option.person_id, week].append(index)
    rows: list[tuple[list[int], list[float], float]] = [(at, [1.0] * len(at), 1.0) for at in by_request.values()]
    for (person, week), at in sorted(by_cell.items()):
        loads = [options[index].load[week] for index in at]
        if len(at) > 1 and sum(loads) > free[person, week]:
            rows.append((at, loads, free[person, week] + 1e-9))
    data = [load for _, loads, _ in rows for load in loads]
    columns = [index for at, _, _ in rows for index in at]
    starts = np.cumsum([0, *(len(at) for at, _, _ in rows)])
    matrix = csr_array((data, columns, starts), shape=(len(rows), len(options)))
    return matrix, np.array([limit for _, _, limit in rows])
