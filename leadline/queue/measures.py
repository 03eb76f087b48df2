"""Queue quality from decisions: precision, lift over random review, and timeliness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from statistics import median

from leadline.queue.decisions import Decision
from leadline.queue.records import QueuedException
from leadline.queue.states import CONFIRMED, DISMISSED, RE_OPENED, SNOOZED, WAITING

# Dismissed for one of these, the score was wrong; for any other reason it was right and not worth acting on.
OVERRIDES = ("not_true", "data_error")
HOUR, DAY = 3600.0, 86400.0


@dataclass(frozen=True)
class Measures:
    """One score's figures, over the last decision of each exception. Shares are 0 to 1; None where nothing was decided.

    Attributes:
        waiting: exceptions that wait for a person now; ``overdue`` of them are past their due time.
        age_days: median days since the waiting ones were first found.
        decided: exceptions that were confirmed or dismissed, the random slice included.
        on_true_cases: share of them that was confirmed: the reviewers' time that went into true cases.
        precision: share confirmed of those that were ranked, without the random slice; ``precision_low`` and
            ``precision_high`` its 95% interval (Wilson).
        slice_decided: how many of the random slice were decided.
        slice_rate: share confirmed of the random slice, each weighed by 1 / propensity (Hájek): what looking at random
            would find.
        lift: ``precision`` over ``slice_rate``; None while the slice confirmed nothing.
        override_rate: share dismissed because the score was wrong (:data:`OVERRIDES`).
        hours_to_decision: median hours from when it was first found.
        in_time: share decided before the due time.
        recovered: money recovered, by currency.
    """

    score: str
    waiting: int = 0
    overdue: int = 0
    age_days: float | None = None
    decided: int = 0
    on_true_cases: float | None = None
    precision: float | None = None
    precision_low: float | None = None
    precision_high: float | None = None
    slice_decided: int = 0
    slice_rate: float | None = None
    lift: float | None = None
    override_rate: float | None = None
    hours_to_decision: float | None = None
    in_time: float | None = None
    recovered: Mapping[str, Decimal] = field(default_factory=dict)


def measure(exceptions: Iterable[QueuedException], decisions: Iterable[Decision], *, at: datetime) -> list[Measures]:
    """Return the figures of every score that has exceptions, by score. ``decisions`` are oldest first."""
    by_score: dict[str, list[QueuedException]] = defaultdict(list)
    for one in exceptions:
        by_score[one.score].append(one)
    last = {one.external_id: one for one in decisions if one.verdict != SNOOZED}
    settled = {name: one for name, one in last.items() if one.verdict != RE_OPENED}
    return [_measured(score, ours, settled, at) for score, ours in sorted(by_score.items())]


def _measured(score: str, exceptions: list[QueuedException], settled: Mapping[str, Decision], at: datetime) -> Measures:
    waiting = [one for one in exceptions if one.state in WAITING]
    pairs = [(one, settled[one.external_id]) for one in exceptions if one.external_id in settled]
    decided = [decision for _, decision in pairs]
    ranked = [one for one in decided if not one.is_random_slice]
    drawn = [one for one in decided if one.is_random_slice]
    precision, slice_rate = _share(map(_is_true, ranked)), _weighed_share(drawn)
    low, high = _interval(ranked)
    return Measures(
        score=score,
        waiting=len(waiting),
        overdue=sum(one.due_at < at for one in waiting),
        age_days=_median((at - one.first_as_of).total_seconds() / DAY for one in waiting),
        decided=len(decided),
        on_true_cases=_share(map(_is_true, decided)),
        precision=precision,
        precision_low=low,
        precision_high=high,
        slice_decided=len(drawn),
        slice_rate=slice_rate,
        lift=precision / slice_rate if precision is not None and slice_rate else None,
        override_rate=_share(one.verdict == DISMISSED and one.reason_code in OVERRIDES for one in decided),
        hours_to_decision=_median((said.decided_at - one.first_as_of).total_seconds() / HOUR for one, said in pairs),
        in_time=_share(said.decided_at <= one.due_at for one, said in pairs),
        recovered=_recovered(decided),
    )


def _is_true(decision: Decision) -> bool:
    return decision.verdict == CONFIRMED


def _share(held: Iterable[bool]) -> float | None:
    answers = list(held)
    return sum(answers) / len(answers) if answers else None


def _weighed_share(drawn: list[Decision]) -> float | None:
    total = sum(1 / one.propensity for one in drawn)
    return sum(1 / one.propensity for one in drawn if _is_true(one)) / total if total else None


def _interval(ranked: list[Decision]) -> tuple[float | None, float | None]:
    if not ranked:
        return None, None
    from scipy.stats import binomtest  # imported here because it takes a second

    found = binomtest(sum(map(_is_true, ranked)), len(ranked)).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


def _median(figures: Iterable[float]) -> float | None:
    known = list(figures)
    return median(known) if known else None


def _recovered(decided: list[Decision]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = defaultdict(Decimal)
    for one in decided:
        if one.value_recovered is not None:
            total[one.currency] += one.value_recovered
    return dict(sorted(total.items()))
