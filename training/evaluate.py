"""Model beside baselines, on held-out time, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isnan
from typing import TypeAlias

import numpy as np
import polars as pl

from leadline.kernel.errors import InsufficientDataError
from leadline.warehouse.known import Known
from models.framework.risk_model import Contest, RiskModel
from training.fit import require
from training.resample import draw
from training.splits import gather, rolling

# The last half of the examples is tested on, window by window.
TESTED = 0.5
FOLDS = 3
BOOTSTRAP = 200
LEVEL = 0.9

Values: TypeAlias = dict[tuple[str, str], list[float]]


@dataclass(frozen=True)
class EvaluationRow:
    """One figure: a metric of one contender, averaged over folds and seeds.

    ``low`` and ``high`` bound it nine times in ten when clusters of examples are drawn anew. ``n`` counts tested
    examples. Figures are null where the metric is not defined.
    """

    stem: str
    metric: str
    contender: str
    is_model: bool
    value: float | None
    low: float | None
    high: float | None
    n: int
    folds: int
    seeds: int


def evaluate(
    known: Known,
    module: RiskModel,
    *,
    as_of: datetime,
    seeds: Sequence[int] = (1, 2, 3),
    folds: int = FOLDS,
    bootstrap: int = BOOTSTRAP,
) -> list[EvaluationRow]:
    """Run rolling-origin contests and return one row per metric and contender.

    Contenders are compared on the same draws of clusters (column ``group``).

    Raises:
        InsufficientDataError: an entity is missing, or too little has matured for one fold.
    """
    held = contests(known, module, as_of=as_of, seeds=seeds, folds=folds)
    return _rows(module.STEM, held, seeds=len(seeds), bootstrap=bootstrap)


def contests(
    known: Known, module: RiskModel, *, as_of: datetime, seeds: Sequence[int], folds: int = FOLDS
) -> list[list[Contest]]:
    """Run rolling-origin contests and return them, by fold and seed.

    Each fold learns from labels as known at its cut and is tested on examples observed from then on. The seeds of a
    fold are tested on the same rows.

    Raises:
        InsufficientDataError: an entity is missing, or too little has matured for one fold.
    """
    require(known, module)
    examples = gather(module, known, module.observation_times(known, until=as_of), as_of=as_of)
    made = rolling(module, known, examples, as_of=as_of, share=TESTED, count=folds)
    held: list[list[Contest]] = []
    failure: InsufficientDataError | None = None
    for fold in made:
        try:
            held.append([module.contest(fold.train, fold.test, seed=seed) for seed in seeds])
        except InsufficientDataError as exc:  # an early fold may be too thin for the model
            failure = exc
    if not held:
        assert failure is not None  # noqa: S101 (rolling returned at least one fold)
        raise failure
    return held


def _rows(stem: str, contests: list[list[Contest]], *, seeds: int, bootstrap: int) -> list[EvaluationRow]:
    first = contests[0][0]
    points = _measure([[contest.frame for contest in fold] for fold in contests], first)
    draws = _resampled(contests, first, bootstrap=bootstrap)
    n = sum(fold[0].frame.height for fold in contests)
    return [
        EvaluationRow(
            stem=stem,
            metric=metric,
            contender=contender,
            is_model=contender == first.contenders[0],
            value=_number(points[metric, contender]),
            low=_quantile(draws[metric, contender], (1 - LEVEL) / 2),
            high=_quantile(draws[metric, contender], (1 + LEVEL) / 2),
            n=n,
            folds=len(contests),
            seeds=seeds,
        )
        for metric in first.metrics
        for contender in first.contenders
    ]


def _measure(frames: list[list[pl.DataFrame]], contest: Contest) -> dict[tuple[str, str], float]:
    """Average every metric of every contender over folds and seeds, leaving out where it is not defined."""
    return {
        (name, contender): _mean([metric(frame, contender) for fold in frames for frame in fold])
        for name, metric in contest.metrics.items()
        for contender in contest.contenders
    }


def _resampled(contests: list[list[Contest]], contest: Contest, *, bootstrap: int) -> Values:
    values: Values = {(name, who): [] for name in contest.metrics for who in contest.contenders}
    generator = np.random.default_rng(0)
    for _ in range(bootstrap):
        frames = [list(draw([c.frame for c in fold], generator)) for fold in contests]
        for key, value in _measure(frames, contest).items():
            values[key].append(value)
    return values


def _mean(values: list[float]) -> float:
    defined = [value for value in values if not isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def _number(value: float) -> float | None:
    return None if isnan(value) else value


def _quantile(values: list[float], level: float) -> float | None:
    defined = [value for value in values if not isnan(value)]
    return float(np.quantile(defined, level)) if defined else None
