"""Skill: a model between the best baseline and the best possible, over worlds and seeds, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
import polars as pl

from leadline.evaluator.trial import CEILING, FULL, Trial
from training.resample import draw

BOOTSTRAP = 100
INTERVAL = 0.9
# A model this many standard errors above what can be known has seen what it must not see.
TOO_GOOD = 2.0


@dataclass(frozen=True)
class SkillRow:
    """One metric of one score: absolute, against the best baseline, and as a share of the possible gain.

    ``gain`` is better minus worse in the metric's own direction; ``share`` is the model's gain over the baseline
    divided by the ceiling's, or by the full truth's where there is no ceiling. ``above`` is how many standard errors
    the model lies above the ceiling (negative: below). ``low`` and ``high`` bound nine draws of clusters in ten.
    Figures without a ceiling are null.
    """

    score: str
    metric: str
    model: float
    model_low: float
    model_high: float
    baseline: str
    baseline_value: float
    gain: float
    gain_low: float
    gain_high: float
    ceiling: float | None
    full: float | None
    share: float | None
    share_low: float | None
    share_high: float | None
    above: float | None
    rows: int
    worlds: int
    seeds: int

    @property
    def is_alarm(self) -> bool:
        """Whether the model beats the best possible, which shows leakage."""
        return self.above is not None and self.above > TOO_GOOD


def skill_rows(trials: Sequence[Trial], *, bootstrap: int = BOOTSTRAP) -> list[SkillRow]:
    """Return a row per metric; ``trials`` are one score's, a world each."""
    points = _measure(trials, [trial.folds for trial in trials])
    rng = np.random.default_rng(0)
    drawn = [
        _measure(trials, [[list(draw(fold, rng)) for fold in trial.folds] for trial in trials])
        for _ in range(bootstrap)
    ]
    return [_skill_row(trials, metric, points, drawn) for metric in trials[0].metrics]


Values = dict[tuple[str, str], float]


def _measure(trials: Sequence[Trial], folds: list[list[list[pl.DataFrame]]]) -> Values:
    """Average every metric of every candidate over worlds, folds and seeds."""
    values: Values = {}
    for name, metric in trials[0].metrics.items():
        for candidate in trials[0].candidates:
            found = [metric(frame, candidate) for world in folds for fold in world for frame in fold]
            defined = [value for value in found if not isnan(value)]
            values[name, candidate] = float(np.mean(defined)) if defined else float("nan")
    return values


def _skill_row(trials: Sequence[Trial], metric: str, points: Values, drawn: list[Values]) -> SkillRow:
    first, sign = trials[0], 1.0 if metric.endswith("↑") else -1.0

    def better(values: Values, candidate: str, than: str) -> float:
        return sign * (values[metric, candidate] - values[metric, than])

    defined = [name for name in first.baselines if not isnan(points[metric, name])]
    best = max(defined, key=lambda name: sign * points[metric, name])
    model = [values[metric, first.model] for values in drawn]
    gains = [better(values, first.model, best) for values in drawn]
    top = next((name for name in (CEILING, FULL) if name in first.truths), None)
    shares, above = None, None
    if top is not None:
        shares = [_share(better(v, first.model, best), better(v, top, best)) for v in drawn]
    if CEILING in first.truths:
        error = float(np.nanstd([better(v, first.model, CEILING) for v in drawn]))
        above = better(points, first.model, CEILING) / error if error > 0 else 0.0
    return SkillRow(
        score=first.score,
        metric=metric,
        model=points[metric, first.model],
        model_low=_quantile(model, (1 - INTERVAL) / 2),
        model_high=_quantile(model, (1 + INTERVAL) / 2),
        baseline=best,
        baseline_value=points[metric, best],
        gain=better(points, first.model, best),
        gain_low=_quantile(gains, (1 - INTERVAL) / 2),
        gain_high=_quantile(gains, (1 + INTERVAL) / 2),
        ceiling=points[metric, CEILING] if CEILING in first.truths else None,
        full=points[metric, FULL] if FULL in first.truths else None,
        share=None if top is None else _share(better(points, first.model, best), better(points, top, best)),
        share_low=None if shares is None else _quantile(shares, (1 - INTERVAL) / 2),
        share_high=None if shares is None else _quantile(shares, (1 + INTERVAL) / 2),
        above=above,
        rows=sum(fold[0].height for trial in trials for fold in trial.folds),
        worlds=len(trials),
        seeds=len(first.folds[0]),
    )


def share_text(row: SkillRow) -> str:
    """Return the share of the possible gain with its interval, a dash where nothing can be gained."""
    if row.share is None or isnan(row.share):
        return "–"
    return f"{row.share:.0%} [{row.share_low:.0%}, {row.share_high:.0%}]"


def _share(gained: float, possible: float) -> float:
    """Share of the possible gain; not defined where nothing can be gained."""
    return gained / possible if possible > 0 else float("nan")


def _quantile(values: Sequence[float], level: float) -> float:
    return float(np.nanquantile(values, level))
