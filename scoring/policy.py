"""Which findings are worth a person's time: expected value net of the review, a budget, and a random slice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from leadline.kernel.findings import Finding
from scoring.exchange import Convert
from scoring.governance import Budget


@dataclass(frozen=True)
class Chosen:
    """A finding that is shown, with its expected value in its own currency and its rank, from 1."""

    finding: Finding
    expected_value: Decimal
    rank: int


def external_id(finding: Finding) -> str:
    """Return the exception's id: sha256 of score, object type and object id joined by ``|``, first 16 hex digits."""
    text = "|".join((finding.score, finding.object_type, finding.object_id))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def expected_value(finding: Finding, *, review_cost: Decimal) -> Decimal:
    """Return probability times money at risk less the cost of a review, in the finding's currency."""
    return finding.expected_loss - review_cost


def choose(findings: Sequence[Finding], budget: Budget, *, convert: Convert, as_of: datetime) -> list[Chosen]:
    """Choose and rank the findings of one score that a run shows.

    Those whose expected value repays the review come first, highest first, up to the budget; ties fall by object. A
    finding without a price is not dropped for it and ranks behind. The random slice comes
    last: what the risk model drew itself, and, in what is left of the budget's random share, draws among the findings
    that were left out, each with the propensity it was drawn with. The same night draws the same ones.
    """
    valued = sorted(((_value(one, budget, convert), one) for one in findings), key=_highest_value_first)
    drawn = [pair for pair in valued if pair[1].is_random_slice]
    worth = [pair for pair in valued if not pair[1].is_random_slice and _is_worth_it(*pair)]
    slots = _random_slots(budget, total=len(valued)) - len(drawn)
    room = max(budget.max_items - max(slots, 0) - len(drawn), 0)
    if len(valued) <= budget.max_items and len(worth) + len(drawn) == len(valued):
        room = len(worth)  # everything fits: nothing has to give way to chance
    shown = worth[:room]
    kept = {external_id(finding) for _, finding in (*shown, *drawn)}
    left = [pair for pair in valued if external_id(pair[1]) not in kept]
    slice_ = sorted(drawn + _draw(left, slots, as_of=as_of), key=_highest_value_first)
    return [Chosen(finding, value, rank) for rank, (value, finding) in enumerate(shown + slice_, start=1)]


def _value(finding: Finding, budget: Budget, convert: Convert) -> Decimal:
    return expected_value(finding, review_cost=convert(budget.review_cost, budget.currency, finding.currency))


def _highest_value_first(pair: tuple[Decimal, Finding]) -> tuple[Decimal, str, str]:
    value, finding = pair
    return -value, finding.object_type, finding.object_id


def _is_worth_it(value: Decimal, finding: Finding) -> bool:
    return value > 0 or not finding.is_priced


def _random_slots(budget: Budget, *, total: int) -> int:
    """At least one slot, where the share is not zero and there is anything to draw from."""
    if budget.random_share <= 0 or not total:
        return 0
    return max(1, round(budget.max_items * budget.random_share))


def _draw(left: list[tuple[Decimal, Finding]], slots: int, *, as_of: datetime) -> list[tuple[Decimal, Finding]]:
    """Draw ``slots`` findings without replacement, each with the same chance, by a hash of its id and the day."""
    count = min(max(slots, 0), len(left))
    if not count:
        return []
    propensity = round(count / len(left), 6)
    day = as_of.date().isoformat()
    shuffled = sorted(left, key=lambda pair: hashlib.sha256(f"{external_id(pair[1])}|{day}".encode()).digest())
    return [
        (value, replace(finding, is_random_slice=True, propensity=propensity)) for value, finding in shuffled[:count]
    ]
