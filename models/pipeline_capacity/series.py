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
from models.framework.parameters import keep
from models.framework.risk_model import Artefact, Benchmark, Metric
from models.pipeline_capacity.parameter_file import Parameters, Series, parameters

Array = npt.NDArray[np.float64]

FILE = "series.json"
MODEL, SEASONAL, LAST = "model", "seasonal_naive_growth", "last_value"


def fit(rows: pl.DataFrame, chosen: Parameters) -> Artefact:
    """Learn the weights of growth per month ahead and the spread of errors per series.

    Raises:
        InsufficientDataError: too few forecast months whose outcome is known (``series.min_rows``).
    """
    reader = rows.filter(pl.col("label").is_not_null() & (pl.col("label") > 0) & pl.col("growth_12").is_not_null())
    series = chosen.series
    if reader.height < series.min_rows:
        raise InsufficientDataError(
            "Too few months of capacity are known for a forecast to be learned.",
            where="capacity_series",
            expected=f"at least {series.min_rows} forecast months with an outcome",
            found=str(reader.height),
            next_step="land a longer history, or score without training (from season and growth)",
        )
    recency, month = _recency(reader, series.half_life_days), reader["month_ahead"].to_numpy()
    weights = _weights(reader, recency, series)
    error = _target(reader, series.outlier) - _growth(reader, weights)
    spread = _spreads(reader, error, recency, prior=series.prior_errors)
    standard = error / _spread_of(reader, spread)
    ends = {
        str(ahead): _ends(standard[month == ahead], recency[month == ahead], chosen) for ahead in range(1, MONTHS + 1)
    }
    return {FILE: to_json({"weights": weights, "spread": spread, "ends": ends}), **keep(chosen)}


def predict(rows: pl.DataFrame, artefact: Artefact | None) -> pl.DataFrame:
    """Add ``low``, ``middle`` and ``high``, in the unit of the series; the truth lies between four times in five."""
    learned: dict[str, Any] = from_json(artefact, FILE) if artefact is not None else _default(parameters().series)
    growth, spread = _growth(rows, learned["weights"]), _spread_of(rows, learned["spread"])
    ends = np.array([learned["ends"][str(ahead)] for ahead in rows["month_ahead"].to_list()]).reshape(-1, 2)
    base = rows["year_before"].to_numpy()
    shifts = {"low": spread * ends[:, 0], "middle": np.zeros(rows.height), "high": spread * ends[:, 1]}
    return rows.with_columns(pl.Series(name, base * np.exp(growth + shift)) for name, shift in shifts.items())


def benchmark(train: pl.DataFrame, test: pl.DataFrame) -> Benchmark:
    """Set the forecast beside season with last growth and beside the last value, on months not seen."""
    chosen = parameters()
    predicted = predict(test, fit(train, chosen))
    frame = predicted.select(
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
    level = chosen.simulation.level
    metrics = {"mape_12_months↓": mape, "mae_12_months↓": mae, f"band_{round(100 * level)}_miss↓": _miss(level)}
    return Benchmark(frame=frame, candidates=(MODEL, SEASONAL, LAST), metrics=metrics)


def _miss(level: float) -> Metric:
    return lambda frame, candidate: abs(coverage()(frame, candidate) - level)


def _inputs(rows: pl.DataFrame) -> Array:
    growth = pl.col("growth_12").fill_null(0.0)
    turn = (growth - pl.col("growth_12_before")).fill_null(0.0)
    long = pl.col("growth_60").fill_null(growth)
    return rows.select(growth.alias("growth"), long.alias("long"), turn.alias("turn")).to_numpy()


def _target(rows: pl.DataFrame, outlier: float) -> Array:
    change = np.log(rows["label"].to_numpy() / rows["year_before"].to_numpy())
    growth = rows["growth_12"].to_numpy()
    return np.asarray(growth + np.clip(change - growth, -outlier, outlier), dtype=np.float64)


def _recency(rows: pl.DataFrame, half_life_days: float) -> Array:
    """Weight of each row: half for every half-life before the latest."""
    age = (rows["last_period"].max() - pl.col("last_period")).dt.total_days()
    return rows.select(weight=0.5 ** (age / half_life_days))["weight"].to_numpy()


def _weights(rows: pl.DataFrame, recency: Array, series: Series) -> dict[str, list[float]]:
    """Weights of growth per month ahead: season and growth, moved by the learned share that pays, often none.

    The share is the one with the least error relative to not learning, on average over years: by plain error, one
    crisis would outvote all calm years.
    """
    inputs, target, month = _inputs(rows), _target(rows, series.outlier), rows["month_ahead"].to_numpy()
    prior, shares, learned = np.array(series.default_weights), series.shares, {}
    for ahead in range(1, MONTHS + 1):
        here = month == ahead
        learned[ahead] = _ridge(inputs[here], target[here], recency[here], series) if here.any() else np.zeros(3)
    moved = np.array([inputs[row] @ learned[int(ahead)] for row, ahead in enumerate(month)])
    error = np.stack([np.abs(target - inputs @ prior - share * moved) for share in shares])
    years = rows["target_period"].dt.year().to_numpy()
    yearly = np.stack([error[:, years == year].mean(axis=1) for year in np.unique(years)])
    share = shares[int(np.argmin(np.round(np.mean(yearly / (yearly[:, :1] + 1e-9), axis=0), 6)))]
    return {str(ahead): [float(weight) for weight in prior + share * learned[ahead]] for ahead in learned}


def _ridge(inputs: Array, target: Array, recency: Array, series: Series) -> Array:
    """Least squares around "trust last year's growth", as if so many rows had said so; returns the change."""
    weighted = inputs.T * recency
    scale = series.prior_rows * np.diag(np.mean(inputs**2, axis=0) + 1e-9)
    shift = np.linalg.solve(weighted @ inputs + scale, weighted @ (target - inputs @ np.array(series.default_weights)))
    return np.asarray(shift, dtype=np.float64)


def _ends(standard: Array, recency: Array, chosen: Parameters) -> list[float]:
    """Ends of the band in spreads of the series: the recency-weighted quantiles of past errors."""
    if not len(standard):
        return list(chosen.series.default_ends)
    order, tail = np.argsort(standard, kind="stable"), (1 - chosen.simulation.level) / 2
    share = np.cumsum(recency[order]) / recency.sum()
    last = len(standard) - 1
    return [float(standard[order][min(int(np.searchsorted(share, level)), last)]) for level in (tail, 1 - tail)]


def _growth(rows: pl.DataFrame, weights: dict[str, list[float]]) -> Array:
    chosen = np.array([weights[str(ahead)] for ahead in rows["month_ahead"].to_list()]).reshape(-1, 3)
    return np.asarray(np.sum(_inputs(rows) * chosen, axis=1), dtype=np.float64)


def _spreads(rows: pl.DataFrame, error: Array, recency: Array, *, prior: float) -> dict[str, float]:
    """Mean absolute error per series, shrunk to that of all (key: the empty string)."""
    pooled = float(np.average(np.abs(error), weights=recency)) + 1e-6
    size = rows.select(key=_key(), size=pl.Series(np.abs(error) * recency), weight=pl.Series(recency))
    shrunk = (pl.col("size").sum() + prior * pooled) / (pl.col("weight").sum() + prior)
    predicted = size.group_by("key", maintain_order=True).agg(shrunk.alias("spread")).sort("key")
    return {"": pooled, **dict(predicted.iter_rows())}


def _spread_of(rows: pl.DataFrame, spread: dict[str, float]) -> Array:
    return np.array([spread.get(key, spread[""]) for key in rows.select(key=_key())["key"].to_list()])


def _key() -> pl.Expr:
    return pl.format("{}:{}", "role", "region")


def _default(series: Series) -> dict[str, Any]:
    months = [str(ahead) for ahead in range(1, MONTHS + 1)]
    weights = {month: list(series.default_weights) for month in months}
    ends = {month: list(series.default_ends) for month in months}
    return {"weights": weights, "spread": {"": series.default_spread}, "ends": ends}
