"""Planted anomalies in expenses, among look-alikes that are harmless."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.anomalies import (
    EASY,
    EXPENSE_ANOMALIES,
    EXPENSE_SHARE,
    HARD,
    approved_before,
    by_grade,
    draw_kinds,
    strictness_of_approvers,
    taken_back,
)
from leadline.simulator.days import DAY_SECONDS, Floats, Ints
from leadline.simulator.delivery import Course
from leadline.simulator.expenses import Spend
from leadline.simulator.people import People
from leadline.simulator.streams import Streams

DUPLICATE, OVER_POLICY, NO_RECEIPT, SPLIT, PERSONAL = range(1, len(EXPENSE_ANOMALIES))
# Share of lines that look odd and are not: the same taxi at the same price, a client event approved beforehand, a shop
# that sells both pens and toys.
BENIGN_REPEAT, BENIGN_LARGE, BENIGN_SHOP = 0.016, 0.04, 0.014


def plant_expense_anomalies(spend: Spend, people: People, courses: list[Course], streams: Streams) -> Spend:
    """Return the spending with anomalies planted; all ids are reassigned, in order of hand-in."""
    rng = streams.rng("expense anomalies")
    kinds, grades = draw_kinds(EXPENSE_SHARE, people.propensity[spend.person], np.ones(len(spend), dtype=bool), rng)
    fx = np.array(words.BASE_USD)[spend.entity]
    limit = np.array(words.EXPENSE_POLICY_USD)[spend.category] / fx
    _alter(spend, kinds, grades, limit, rng)
    _plant_lookalikes(spend, kinds, limit, rng)
    spend.anomaly, spend.grade = kinds * (kinds != DUPLICATE), grades * (kinds != DUPLICATE)
    merged = _in_order_of_hand_in(spend, _second_halves(spend, kinds, grades, rng))
    strictness = strictness_of_approvers(merged.project, merged.person, people, courses)
    back = taken_back(merged.anomaly, merged.submitted, strictness, rng)
    merged.rejected = np.where(back > 0, back, merged.rejected)
    merged.approved = approved_before(merged.approved, back, rng)
    return merged


def _alter(spend: Spend, kinds: Ints, grades: Ints, limit: Floats, rng: np.random.Generator) -> None:
    """Change amounts, receipts and merchants in place: far over the limit or just, a big receipt missing or a small."""
    uniform = rng.uniform(0, 1, len(spend))
    over = by_grade(grades, (1.6, 1.15, 1.01)) + uniform * by_grade(grades, (0.8, 0.35, 0.09))
    part = by_grade(grades, (0.9, 0.7, 0.55)) + uniform * by_grade(grades, (0.09, 0.2, 0.15))
    lost = by_grade(grades, (0.7, 0.35, 0.1)) + uniform * by_grade(grades, (0.25, 0.25, 0.15))
    for kind, share in ((OVER_POLICY, over), (SPLIT, part), (NO_RECEIPT, lost)):
        spend.amount = np.where(kinds == kind, np.round(limit * share, 2), spend.amount)
    spend.receipt = np.where(kinds == NO_RECEIPT, False, spend.receipt)
    for entry in np.flatnonzero(kinds == PERSONAL):
        shops = words.PERSONAL_MERCHANTS if grades[entry] == EASY else words.MIXED_MERCHANTS
        spend.merchant[entry] = shops[int(rng.integers(0, len(shops)))]


def _second_halves(spend: Spend, kinds: Ints, grades: Ints, rng: np.random.Generator) -> Spend:
    """Return what is claimed again, and the other halves of what was split; the harder, the later and less alike."""
    doubled = np.flatnonzero((kinds == DUPLICATE) | (kinds == SPLIT))
    part = Spend(**{f.name: _taken(getattr(spend, f.name), doubled) for f in fields(Spend)})
    part.anomaly, part.grade = kinds[doubled], grades[doubled]
    again = part.anomaly == DUPLICATE
    days = by_grade(part.grade, (0, 3, 6)) + rng.uniform(0, 1, len(part)) * by_grade(part.grade, (1, 12, 14))
    later = np.where(again, days, part.grade == HARD).astype(np.int64) * DAY_SECONDS + 120
    part.submitted = part.submitted + later
    part.approved = np.where(part.approved > 0, part.approved + later, 0)
    part.rejected = np.zeros(len(part), dtype=np.int64)
    alike = np.where(again & (part.grade == HARD), rng.uniform(0.93, 1.07, len(part)), 1.0)
    part.amount = np.round(part.amount * alike, 2)
    return part


def _taken(column: Any, chosen: Ints) -> Any:
    return [column[int(n)] for n in chosen] if isinstance(column, list) else column[chosen].copy()


def _in_order_of_hand_in(spend: Spend, more: Spend) -> Spend:
    """Put lines together so that neither place nor id tells which were planted."""
    columns = {f.name: (getattr(spend, f.name), getattr(more, f.name)) for f in fields(Spend)}
    merged: dict[str, Any] = {
        name: [*a, *b] if isinstance(a, list) else np.concatenate([a, b]) for name, (a, b) in columns.items()
    }
    order = np.lexsort((merged["amount"], merged["person"], merged["submitted"]))
    ordered = Spend(**{name: _taken(column, order) for name, column in merged.items()})
    if len(order):
        ordered.ids = int(spend.ids.min()) + np.arange(len(order), dtype=np.int64)
    return ordered


def _plant_lookalikes(spend: Spend, kinds: Ints, limit: Floats, rng: np.random.Generator) -> None:
    """Harmless spending that looks odd."""
    count = len(spend)
    honest = kinds == 0
    repeated = honest & (rng.random(count) < BENIGN_REPEAT)
    repeated[:1] = False
    for entry in np.flatnonzero(repeated & np.r_[False, spend.category[1:] == spend.category[:-1]]):
        spend.merchant[entry] = spend.merchant[entry - 1]
        spend.amount[entry] = spend.amount[entry - 1]
    large = honest & (spend.category == 0) & (rng.random(count) < BENIGN_LARGE)
    spend.amount = np.where(large, np.round(limit * rng.uniform(1.05, 1.8, count), 2), spend.amount)
    spend.note = np.where(large, 1, 0)
    spend.receipt = spend.receipt | large
    for entry in np.flatnonzero(honest & (rng.random(count) < BENIGN_SHOP)):
        spend.merchant[entry] = words.MIXED_MERCHANTS[int(rng.integers(0, len(words.MIXED_MERCHANTS)))]
