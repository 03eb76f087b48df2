"""What acting is worth: how exceptions that were held back turned out, beside alike ones that people saw.

The comparison is of the groups as they were drawn, whatever was done with an exception afterwards, and only of those
whose outcome can be known of either group. It answers for little money only, since no more than that is held back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from itertools import groupby
from math import sqrt
from statistics import fmean
from typing import cast

from leadline.kernel.money import cents
from leadline.queue.holdout import Enrolled
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework.risk_model import Trialled
from scoring.exchange import Convert, exchange
from scoring.governance import read_governance

LEVEL = 0.95


@dataclass(frozen=True)
class Group:
    """Those of one group: ``drawn`` in all; of the ``reader`` ones the ``harmed`` and what each lost on average."""

    drawn: int
    known: int
    harmed: int
    lost_each: Decimal

    @property
    def rate(self) -> float | None:
        """The share that turned out badly; None while no outcome is known."""
        return self.harmed / self.known if self.known else None


@dataclass(frozen=True)
class Uplift:
    """What acting prevented for one score and share: a trial of another share is another trial.

    Attributes:
        share: the share that is held back, 0 to 1.
        held, shown: the two groups. Money in ``currency``, at the rates of the as-of.
        prevented: how much rarer the harm was among the shown, as a difference of shares; ``prevented_low`` and
            ``prevented_high`` its 95% interval (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10).
        saved_each: how much less a shown one lost on average; ``saved_low`` and ``saved_high`` its 95% interval
            (B. L. Welch, Biometrika 34, 1947). None while a group has fewer than two outcomes, or loses alike.
        review_cost: what looking at one costs.
    """

    score: str
    share: float
    held: Group
    shown: Group
    prevented: float | None
    prevented_low: float | None
    prevented_high: float | None
    saved_each: Decimal | None
    saved_low: Decimal | None
    saved_high: Decimal | None
    review_cost: Decimal
    currency: str


# One enrolled exception with a known outcome: whether it turned out badly, and what that cost.
_Outcome = tuple[Enrolled, bool, Decimal]


def uplift(enrolled: Sequence[Enrolled], reader: PointInTimeReader, *, as_of: datetime) -> list[Uplift]:
    """Return what acting was worth, by score and share, as known at ``as_of``. What was drawn later is left out."""
    governance, convert = read_governance(reader), exchange(reader, as_of=as_of)
    drawn = sorted((one for one in enrolled if one.as_of <= as_of), key=lambda one: (one.score, one.share, one.as_of))
    found = []
    for score, of_score in groupby(drawn, key=lambda one: one.score):
        ours = list(of_score)
        budget = governance.budget(score)
        harmed = _harmed(score, ours, reader, as_of=as_of)
        for share, alike in groupby(ours, key=lambda one: one.share):
            seen = list(alike)
            outcomes = _outcomes(seen, harmed, convert, budget.currency)
            found.append(_compared(score, share, seen, outcomes, budget.review_cost, budget.currency))
    return found


def _harmed(score: str, enrolled: Sequence[Enrolled], reader: PointInTimeReader, *, as_of: datetime) -> dict[str, bool]:
    module = cast(Trialled, import_module(f"models.{score}"))
    return module.harmed(reader, {one.object_id: one.as_of for one in enrolled}, as_of=as_of)


def _outcomes(
    enrolled: Iterable[Enrolled], harmed: Mapping[str, bool], convert: Convert, currency: str
) -> list[_Outcome]:
    return [
        (one, harmed[one.object_id], convert(one.money_at_risk, one.currency, currency))
        for one in enrolled
        if one.object_id in harmed
    ]


def _compared(
    score: str,
    share: float,
    drawn: Sequence[Enrolled],
    outcomes: Sequence[_Outcome],
    review_cost: Decimal,
    currency: str,
) -> Uplift:
    held, shown = (_group(drawn, outcomes, is_held=is_held) for is_held in (True, False))
    prevented, low, high = _difference(held, shown)
    saved = _saved(_losses(outcomes, is_held=True), _losses(outcomes, is_held=False))
    return Uplift(score, share, held, shown, prevented, low, high, *saved, review_cost, currency)


def _group(drawn: Sequence[Enrolled], outcomes: Sequence[_Outcome], *, is_held: bool) -> Group:
    losses = _losses(outcomes, is_held=is_held)
    return Group(
        drawn=sum(one.is_held == is_held for one in drawn),
        known=len(losses),
        harmed=sum(is_bad for one, is_bad, _ in outcomes if one.is_held == is_held),
        lost_each=cents(fmean(losses)) if losses else Decimal(0),
    )


def _losses(outcomes: Sequence[_Outcome], *, is_held: bool) -> list[float]:
    return [float(money) if is_bad else 0.0 for one, is_bad, money in outcomes if one.is_held == is_held]


def _difference(held: Group, shown: Group) -> tuple[float | None, float | None, float | None]:
    if held.rate is None or shown.rate is None:
        return None, None, None
    (held_low, held_high), (shown_low, shown_high) = _interval(held), _interval(shown)
    apart = held.rate - shown.rate
    return (
        apart,
        apart - sqrt((held.rate - held_low) ** 2 + (shown_high - shown.rate) ** 2),
        apart + sqrt((held_high - held.rate) ** 2 + (shown.rate - shown_low) ** 2),
    )


def _interval(group: Group) -> tuple[float, float]:
    from scipy.stats import binomtest  # loaded only for this: it takes a second

    found = binomtest(group.harmed, group.known).proportion_ci(LEVEL, method="wilson")
    return float(found.low), float(found.high)


def _saved(held: Sequence[float], shown: Sequence[float]) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    if min(len(held), len(shown)) < 2 or len({*held}) == len({*shown}) == 1:
        return None, None, None
    from scipy.stats import ttest_ind

    interval = ttest_ind(held, shown, equal_var=False).confidence_interval(LEVEL)
    return cents(fmean(held) - fmean(shown)), cents(interval.low), cents(interval.high)
