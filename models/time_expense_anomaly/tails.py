"""How far out a line lies in all its habits at once: empirical tail probabilities, kept as plain numbers.

The idea is ECOD's (Li et al., 2022): each habit's tail probability from the empirical distribution, summed as −ln over
the habits. No estimator is stored, only a grid of quantiles per habit and kind of line.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from features.time_expense_anomaly.frame import CONTEXT
from models.time_expense_anomaly.parameter_file import Tails
from models.time_expense_anomaly.rule_pack import DISTANCES, Array

Grid = Mapping[str, list[float]]


def fit_tails(rows: pl.DataFrame, tails: Tails) -> dict[str, list[float]]:
    """Return the quantiles of every habit, apart for time entries and expenses; habits never seen are left out."""
    grid, levels = {}, np.linspace(0, 1, tails.knots)
    for kind in (0, 1):
        part = rows.filter(pl.col("is_expense") == kind)
        for name in CONTEXT:
            values = part[name].drop_nulls().to_numpy()
            if len(values):
                grid[f"{name}:{kind}"] = [round(float(v), 10) for v in np.quantile(values, levels)]
    return grid


def tail_score(rows: pl.DataFrame, grid: Grid, tails: Tails) -> Array:
    """Return Σ −ln(tail) over the habits that are known, per line. Unit: nats; higher is stranger."""
    score = np.zeros(rows.height)
    kinds = rows["is_expense"].to_numpy()
    for key, knots in sorted(grid.items()):
        name, kind = key.split(":")
        values = rows[name].cast(pl.Float64).to_numpy()
        own = (kinds == float(kind)) & ~np.isnan(values)
        score[own] += _surprise(values[own], np.asarray(knots), two_sided=name in DISTANCES, smallest=tails.smallest)
    return score


def _surprise(values: Array, knots: Array, *, two_sided: bool, smallest: float) -> Array:
    """−ln of the share at least as high; for distances, of twice the smaller of both tails."""
    above = 1.0 - np.searchsorted(knots, values, side="left") / len(knots)
    below = np.searchsorted(knots, values, side="right") / len(knots)
    tail = np.minimum(1.0, 2.0 * np.minimum(above, below)) if two_sided else above
    return np.asarray(-np.log(np.clip(tail, smallest, 1.0)), dtype=np.float64)
