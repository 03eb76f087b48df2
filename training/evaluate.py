"""Backtest: the model against baselines on held-out time, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isnan
from typing import TypeAlias

import numpy as np
import polars as pl

from leadline import tracking
from leadline.kernel.errors import InsufficientDataError
from leadline.kernel.home import Home
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework.risk_model import Benchmark, RiskModel
from training.described import EVALUATE, describe
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
    """One figure: a metric of one candidate, averaged over folds and seeds.

    ``low`` and ``high`` bound it nine times in ten when clusters of examples are resampled. ``n`` counts tested
    examples. Figures are null where the metric is not defined.
    """

    score: str
    metric: str
    candidate: str
    is_model: bool
    value: float | None
    low: float | None
    high: float | None
    n: int
    folds: int
    seeds: int


def evaluate(
    reader: PointInTimeReader,
    module: RiskModel,
    *,
    as_of: datetime,
    seeds: Sequence[int] = (1, 2, 3),
    folds: int = FOLDS,
    bootstrap: int = BOOTSTRAP,
) -> list[EvaluationRow]:
    """Run rolling-origin benchmarks and return one row per metric and candidate.

    Candidates are compared on the same draws of clusters (column ``group``).

    Raises:
        InsufficientDataError: an entity is missing, or too little has matured for one fold.
    """
    held = benchmarks(reader, module, as_of=as_of, seeds=seeds, folds=folds)
    return _rows(module.SCORE, held, seeds=len(seeds), bootstrap=bootstrap)


def log_evaluation(
    home: Home,
    reader: PointInTimeReader,
    module: RiskModel,
    rows: Sequence[EvaluationRow],
    *,
    as_of: datetime,
    seeds: Sequence[int],
    folds: int = FOLDS,
) -> None:
    """Log an evaluation as a run of the score's experiment: every figure, and all that it was made with."""
    run = describe(
        EVALUATE,
        reader,
        module,
        as_of=as_of,
        seeds=seeds,
        chosen={"tested_share": TESTED, "folds": folds, "bootstrap": BOOTSTRAP, "level": LEVEL},
        metrics={f"{row.metric}/{row.candidate}": row.value for row in rows},
        tags={},
    )
    tracking.log_run(home, module.SCORE, run)


def benchmarks(
    reader: PointInTimeReader, module: RiskModel, *, as_of: datetime, seeds: Sequence[int], folds: int = FOLDS
) -> list[list[Benchmark]]:
    """Run rolling-origin benchmarks and return them, by fold and seed.

    Each fold learns from labels as known at its cut and is tested on examples observed from then on. The seeds of a
    fold are tested on the same rows.

    Raises:
        InsufficientDataError: an entity is missing, or too little has matured for one fold.
    """
    require(reader, module)
    examples = gather(module, reader, module.observation_times(reader, until=as_of), as_of=as_of)
    made = rolling(module, reader, examples, as_of=as_of, share=TESTED, count=folds)
    held: list[list[Benchmark]] = []
    failure: InsufficientDataError | None = None
    for fold in made:
        try:
            held.append([module.benchmark(fold.train, fold.test, seed=seed) for seed in seeds])
        except InsufficientDataError as exc:  # an early fold may be too small for the model
            failure = exc
    if not held:
        assert failure is not None  # noqa: S101 (rolling returned at least one fold)
        raise failure
    return held


def _rows(score: str, benchmarks: list[list[Benchmark]], *, seeds: int, bootstrap: int) -> list[EvaluationRow]:
    first = benchmarks[0][0]
    points = _measure([[benchmark.frame for benchmark in fold] for fold in benchmarks], first)
    draws = _resampled(benchmarks, first, bootstrap=bootstrap)
    n = sum(fold[0].frame.height for fold in benchmarks)
    return [
        EvaluationRow(
            score=score,
            metric=metric,
            candidate=candidate,
            is_model=candidate == first.candidates[0],
            value=_number(points[metric, candidate]),
            low=_quantile(draws[metric, candidate], (1 - LEVEL) / 2),
            high=_quantile(draws[metric, candidate], (1 + LEVEL) / 2),
            n=n,
            folds=len(benchmarks),
            seeds=seeds,
        )
        for metric in first.metrics
        for candidate in first.candidates
    ]


def _measure(frames: list[list[pl.DataFrame]], benchmark: Benchmark) -> dict[tuple[str, str], float]:
    """Average every metric of every candidate over folds and seeds, leaving out where it is not defined."""
    return {
        (name, candidate): _mean([metric(frame, candidate) for fold in frames for frame in fold])
        for name, metric in benchmark.metrics.items()
        for candidate in benchmark.candidates
    }


def _resampled(benchmarks: list[list[Benchmark]], benchmark: Benchmark, *, bootstrap: int) -> Values:
    values: Values = {(name, who): [] for name in benchmark.metrics for who in benchmark.candidates}
    generator = np.random.default_rng(0)
    for _ in range(bootstrap):
        frames = [list(draw([c.frame for c in fold], generator)) for fold in benchmarks]
        for key, value in _measure(frames, benchmark).items():
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
