"""What a run was like, beside the run before: counts, money, the spread of probabilities and how far it moved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from leadline.kernel.findings import Finding
from scoring.batch import RunReport, ScoreReport

BINS = 10
# Common reading of the population stability index: below 0.1 stable, above 0.25 a different population.
PSI_WATCH = 0.1
PSI_ALARM = 0.25
# Below so many findings on either side, a shift of the histogram is chance.
MIN_FINDINGS = 30

Histogram = tuple[int, ...]


@dataclass(frozen=True)
class Health:
    """One score in one run.

    ``found`` findings of the risk model, of which ``shown`` in the queue and ``random`` of those by chance;
    ``money_at_risk`` of the shown ones by currency; ``histogram``: findings per tenth of probability (band findings
    have none); ``psi``: population stability index against the run before, null where either has too few findings.
    ``state``: ok, watch, alarm or skipped; ``why`` says it in words.
    """

    score: str
    model_version: str
    found: int
    shown: int
    random: int
    money_at_risk: Mapping[str, Decimal]
    mean_probability: float | None
    histogram: Histogram
    psi: float | None
    state: str
    why: str


def monitor(report: RunReport, *, before: Mapping[str, Sequence[int]] | None = None) -> list[Health]:
    """Return one row per score of a run, in the scores' order.

    ``before`` holds the histogram of an earlier run (or of the training data) by score; without it there is no drift to
    report.
    """
    earlier = before or {}
    return [_health(score_report, earlier.get(score_report.score)) for score_report in report.scores]


def histogram(probabilities: Iterable[float]) -> Histogram:
    """Count probabilities per tenth; 1.0 falls into the last."""
    counts = [0] * BINS
    for probability in probabilities:
        counts[min(int(probability * BINS), BINS - 1)] += 1
    return tuple(counts)


def population_stability(now: Sequence[int], before: Sequence[int]) -> float:
    """Return the population stability index of two histograms: Σ (p − q) · ln(p / q) over the bins.

    Half a finding is added to every bin, so that an empty one does not make it infinite.
    """
    p, q = _shares(now), _shares(before)
    return sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True))


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) + 0.5 * len(counts)
    return [(count + 0.5) / total for count in counts]


def _health(report: ScoreReport, before: Sequence[int] | None) -> Health:
    probabilities = [one.probability for one in report.found if not one.is_random_slice]
    now = histogram(probabilities)
    enough = before is not None and min(sum(now), sum(before)) >= MIN_FINDINGS
    psi = round(population_stability(now, before), 4) if enough and before is not None else None
    state, why = _state(report, psi)
    return Health(
        score=report.score,
        model_version=report.model_version,
        found=len(report.found),
        shown=len(report.exceptions),
        random=sum(one.finding.is_random_slice for one in report.exceptions),
        money_at_risk=_money(one.finding for one in report.exceptions),
        mean_probability=round(math.fsum(probabilities) / len(probabilities), 6) if probabilities else None,
        histogram=now,
        psi=psi,
        state=state,
        why=why,
    )


def _money(findings: Iterable[Finding]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for finding in findings:
        total[finding.currency] = total.get(finding.currency, Decimal(0)) + finding.money_at_risk
    return dict(sorted(total.items()))


def _state(report: ScoreReport, psi: float | None) -> tuple[str, str]:
    if report.skipped:
        return "skipped", report.skipped
    if psi is not None and psi > PSI_ALARM:
        return "alarm", f"scores moved: PSI {psi:.2f} above {PSI_ALARM}"
    if psi is not None and psi > PSI_WATCH:
        return "watch", f"scores moved: PSI {psi:.2f} above {PSI_WATCH}"
    return "ok", ""
