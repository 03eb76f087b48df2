"""Observed capacity a year ahead: last year's season carried on by growth, inside a band of past errors.

The forecast of a month is the same month a year before, times the growth of the past year; how far to trust that growth
against the five-year mean and against its own latest turn is learned, shrunk to trusting it fully.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from features.pipeline_capacity.series import MONTHS
from leadline.kernel.errors import InsufficientDataError
from models.framework.artefact import from_json, to_json
from models.framework.metrics import coverage, mae, mape
from models.framework.risk_model import Artefact, Benchmark

Array = npt.NDArray[np.float64]

FILE = "series.json"
LEVEL = 0.8
MIN_ROWS = 60
PRIOR_ROWS = 100.0
PRIOR_ERRORS = 12.0
OUTLIER = 0.15  # a month off by more than 15 % is a break in the series or a crisis, not something to learn growth from
DEFAULT_WEIGHTS = (1.0, 0.0, 0.0)
DEFAULT_SPREAD = 0.02
NORMAL_ENDS = (-1.6, 1.6)  # 1.28 standard deviations, in mean absolute errors
HALF_LIFE_DAYS = 730.0
SHARES = tuple(step / 4 for step in range(5))
MODEL, SEASONAL, LAST = "model", "seasonal_naive_growth", "last_value"


def fit(rows: pl.DataFrame) -> Artefact:
    """Learn the weights of growth per month ahead and the spread of errors per series.

    Raises:
        InsufficientDataError: fewer than 60 forecast months whose outcome is known.
    """
    reader = rows.filter(pl.col("label").is_not_null() & (pl.col("label") > 0) & pl.col("growth_12").is_not_null())
    if reader.height < MIN_ROWS:
        raise InsufficientDataError(
            "Too few months of capacity are known for a forecast to be learned.",
            where="capacity_series",
            expected=f"at least {MIN_ROWS} forecast months with an outcome",
            found=str(reader.height),
            next_step="land a longer history, or score without training (season and growth speak)",
        )
    recency, month = _recency(reader), reader["month_ahead"].to_numpy()
    weights = _weights(reader, recency)
    error = _target(reader) - _growth(reader, weights)
    spread = _spreads(reader, error, recency)
    standard = error / _spread_of(reader, spread)
    ends = {str(ahead): _ends(standard[month == ahead], recency[month == ahead]) for ahead in range(1, MONTHS + 1)}
    return {FILE: to_json({"weights": weights, "spread": spread, "ends": ends})}


def predict(rows: pl.DataFrame, artefact: Artefact | None) -> pl.DataFrame:
    """Add ``low``, ``middle`` and ``high``, in the unit of the series; the truth lies between four times in five."""
    learned: dict[str, Any] = from_json(artefact, FILE) if artefact is not None else _default()
    growth, spread = _growth(rows, learned["weights"]), _spread_of(rows, learned["spread"])
    ends = np.array([learned["ends"][str(ahead)] for ahead in rows["month_ahead"].to_list()]).reshape(-1, 2)
    base = rows["year_before"].to_numpy()
    shifts = {"low": spread * ends[:, 0], "middle": np.zeros(rows.height), "high": spread * ends[:, 1]}
    return rows.with_columns(pl.Series(name, base * np.exp(growth + shift)) for name, shift in shifts.items())


def benchmark(train: pl.DataFrame, test: pl.DataFrame) -> Benchmark:
    """Set the forecast beside season with last growth and beside the last value, on months not seen."""
    told = predict(test, fit(train))
    frame = told.select(
        pl.format("{}:{}", "role", "region").alias("group"),
        "observed_at",
        "kind",
        "row_id",
        "label",
        pl.col("middle").alias(MODEL),
        pl.col("low").alias(f"{MODEL}_low"),
        pl.col("high").alias(f"{MODEL}_high"),
        (pl.col("year_before") * pl.col("growth_12").fill_null(0.0).exp()).alias(SEASONAL),
        pl.col("last_value").alias(LAST),
    )
    metrics = {"mape_12_months↓": mape, "mae_12_months↓": mae, "band_80_miss↓": _miss}
    return Benchmark(frame=frame, candidates=(MODEL, SEASONAL, LAST), metrics=metrics)


def _miss(frame: pl.DataFrame, candidate: str) -> float:
    return abs(coverage()(frame, candidate) - LEVEL)


def _inputs(rows: pl.DataFrame) -> Array:
    growth = pl.col("growth_12").fill_null(0.0)
    turn = (growth - pl.col("growth_12_before")).fill_null(0.0)
    long = pl.col("growth_60").fill_null(growth)
    return rows.select(growth.alias("growth"), long.alias("long"), turn.alias("turn")).to_numpy()


def _target(rows: pl.DataFrame) -> Array:
    change = np.log(rows["label"].to_numpy() / rows["year_before"].to_numpy())
    growth = rows["growth_12"].to_numpy()
    return np.asarray(growth + np.clip(change - growth, -OUTLIER, OUTLIER), dtype=np.float64)


def _recency(rows: pl.DataFrame) -> Array:
    """Weight of each row: half for every two years before the latest: no crisis is feared for ever."""
    age = (rows["last_period"].max() - pl.col("last_period")).dt.total_days()
    return rows.select(weight=0.5 ** (age / HALF_LIFE_DAYS))["weight"].to_numpy()


def _weights(rows: pl.DataFrame, recency: Array) -> dict[str, list[float]]:
    """Weights of growth per month ahead: season and growth, moved by the learned share that pays, often none.

    The share is the one with the least error relative to not learning, on average over years: by plain error, one
    crisis would outvote all calm years.
    """
    inputs, target, month = _inputs(rows), _target(rows), rows["month_ahead"].to_numpy()
    prior, learned = np.array(DEFAULT_WEIGHTS), {}
    for ahead in range(1, MONTHS + 1):
        here = month == ahead
        learned[ahead] = _ridge(inputs[here], target[here], recency[here]) if here.any() else np.zeros(3)
    moved = np.array([inputs[row] @ learned[int(ahead)] for row, ahead in enumerate(month)])
    error = np.stack([np.abs(target - inputs @ prior - share * moved) for share in SHARES])
    years = rows["target_period"].dt.year().to_numpy()
    yearly = np.stack([error[:, years == year].mean(axis=1) for year in np.unique(years)])
    share = SHARES[int(np.argmin(np.round(np.mean(yearly / (yearly[:, :1] + 1e-9), axis=0), 6)))]
    return {str(ahead): [float(weight) for weight in prior + share * learned[ahead]] for ahead in learned}


def _ridge(inputs: Array, target: Array, recency: Array) -> Array:
    """Least squares around "trust last year's growth", as if a hundred rows had said so; returns the change."""
    weighted = inputs.T * recency
    scale = PRIOR_ROWS * np.diag(np.mean(inputs**2, axis=0) + 1e-9)
    shift = np.linalg.solve(weighted @ inputs + scale, weighted @ (target - inputs @ np.array(DEFAULT_WEIGHTS)))
    return np.asarray(shift, dtype=np.float64)


def _ends(standard: Array, recency: Array) -> list[float]:
    """Ends of the band in spreads of the series: the recency-weighted quantiles of past errors."""
    if not len(standard):
        return list(NORMAL_ENDS)
    order, tail = np.argsort(standard, kind="stable"), (1 - LEVEL) / 2
    share = np.cumsum(recency[order]) / recency.sum()
    last = len(standard) - 1
    return [float(standard[order][min(int(np.searchsorted(share, level)), last)]) for level in (tail, 1 - tail)]


def _growth(rows: pl.DataFrame, weights: dict[str, list[float]]) -> Array:
    chosen = np.array([weights[str(ahead)] for ahead in rows["month_ahead"].to_list()]).reshape(-1, 3)
    return np.asarray(np.sum(_inputs(rows) * chosen, axis=1), dtype=np.float64)


def _spreads(rows: pl.DataFrame, error: Array, recency: Array) -> dict[str, float]:
    """Mean absolute error per series, shrunk to that of all (key: the empty string)."""
    pooled = float(np.average(np.abs(error), weights=recency)) + 1e-6
    size = rows.select(key=_key(), size=pl.Series(np.abs(error) * recency), weight=pl.Series(recency))
    shrunk = (pl.col("size").sum() + PRIOR_ERRORS * pooled) / (pl.col("weight").sum() + PRIOR_ERRORS)
    told = size.group_by("key", maintain_order=True).agg(shrunk.alias("spread")).sort("key")
    return {"": pooled, **dict(told.iter_rows())}


def _spread_of(rows: pl.DataFrame, spread: dict[str, float]) -> Array:
    return np.array([spread.get(key, spread[""]) for key in rows.select(key=_key())["key"].to_list()])


def _key() -> pl.Expr:
    return pl.format("{}:{}", "role", "region")


def _default() -> dict[str, Any]:
    months = [str(ahead) for ahead in range(1, MONTHS + 1)]
    weights, ends = {month: list(DEFAULT_WEIGHTS) for month in months}, {month: list(NORMAL_ENDS) for month in months}
    return {"weights": weights, "spread": {"": DEFAULT_SPREAD}, "ends": ends}
