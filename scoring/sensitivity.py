"""What looking at fewer or at more exceptions would be worth: the choice behind each score's alert budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import accumulate

from leadline.kernel.findings import Finding
from leadline.warehouse.point_in_time import PointInTimeReader
from scoring.batch import RunReport
from scoring.exchange import Convert, exchange
from scoring.governance import Budget, read_governance
from scoring.policy import expected_value

# Shares of the budget that are looked at; the last row is everything that repays its review.
SHARES = (0.25, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Choice:
    """One score at one number of reviews, the highest expected loss first.

    Attributes:
        budget_share: how much of today's budget (``max_items``) it is; None: all that repays its review.
        items: exceptions that would be looked at; never more than there are.
        expected_value: what they save by expectation, net of the reviews, in ``currency``.
        captured: share of what looking at everything worthwhile would save; None when nothing is worthwhile.
        last_value: expected value, net of its review, of the last one looked at: where this falls to nothing, more
            looking costs more than it saves.
    """

    score: str
    budget_share: float | None
    items: int
    expected_value: Decimal
    currency: str
    captured: float | None
    last_value: Decimal


def sensitivity(report: RunReport, reader: PointInTimeReader, *, as_of: datetime) -> list[Choice]:
    """Return the choices of every score that ran, in the scores' order. Findings without a price are left out."""
    governance, convert = read_governance(reader), exchange(reader, as_of=as_of)
    return [
        choice
        for score in report.scores
        if not score.skipped
        for choice in choices(score.found, governance.budget(score.score), convert)
    ]


def choices(findings: Sequence[Finding], budget: Budget, convert: Convert) -> list[Choice]:
    """Return one score's choices, from the fewest reviews to all that repay themselves."""
    worth = sorted((value for value in (_value(one, budget, convert) for one in findings) if value > 0), reverse=True)
    totals = [Decimal(0), *accumulate(worth)]
    steps = [(share, min(round(budget.max_items * share), len(worth))) for share in SHARES]
    return [
        Choice(
            score=budget.score,
            budget_share=share,
            items=items,
            expected_value=totals[items],
            currency=budget.currency,
            captured=float(totals[items] / totals[-1]) if worth else None,
            last_value=worth[items - 1] if items else Decimal(0),
        )
        for share, items in [*steps, (None, len(worth))]
    ]


def _value(finding: Finding, budget: Budget, convert: Convert) -> Decimal:
    """Return a finding's expected value in the budget's currency, so that findings of several currencies compare."""
    gross = expected_value(finding, review_cost=Decimal(0))
    return convert(gross, finding.currency, budget.currency) - budget.review_cost
