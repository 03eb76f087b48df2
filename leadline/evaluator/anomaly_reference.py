"""How precise the best detector could be on planted anomalies, at the reviewers' capacity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from lightgbm import Dataset, train

from leadline.evaluator.firm_figures import Figure
from leadline.evaluator.sealed import read

# Share of all lines that reviewers can look at.
CAPACITY = 0.005
FOLDS = 4
PARAMS = {
    "objective": "binary",
    "learning_rate": 0.06,
    "num_leaves": 24,
    "min_data_in_leaf": 40,
    "lambda_l2": 5.0,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
}
ROUNDS = 150


def band(world: Path, *, seed: int) -> Figure:
    """Return the share of the highest possible precision that a detector taught with the truth reaches.

    The detector sees what a line shows and learns from other people's lines which were planted: no product can know
    as much. Lines are all those that look odd in any way, and a sample of the others by weight.
    """
    lines = read(world, "odd_lines")
    precision, most = reference_precision(lines, seed=seed)
    text = f"precision of the best detector over the highest possible, at {CAPACITY:.1%} of lines"
    return Figure("anomalies: share of maximum", precision / most, 0.3, 0.9, "", text)


def reference_precision(lines: pl.DataFrame, *, seed: int) -> tuple[float, float]:
    """Return precision at capacity of a cross-fitted detector, and the highest precision possible there."""
    label, weight = lines["planted"].cast(pl.Float64).to_numpy(), lines["weight"].to_numpy()
    table = lines.drop("planted", "weight", "person").to_numpy().astype(np.float64)
    fold = np.unique(lines["person"].to_numpy(), return_inverse=True)[1] % FOLDS
    score = np.zeros(len(label))
    for one in range(FOLDS):
        in_training = fold != one
        data = Dataset(table[in_training], label[in_training], weight=weight[in_training])
        score[~in_training] = train({**PARAMS, "seed": seed}, data, ROUNDS).predict(table[~in_training])
    capacity = CAPACITY * weight.sum()
    return _precision_at(label, score, weight, capacity), min(1.0, float(label.sum()) / capacity)


def _precision_at(
    label: npt.NDArray[np.float64], score: npt.NDArray[np.float64], weight: npt.NDArray[np.float64], capacity: float
) -> float:
    """Return the share of planted lines among the highest scores that fit into the capacity."""
    order = np.argsort(-score, kind="stable")
    chosen = order[np.cumsum(weight[order]) <= capacity]
    return float((label * weight)[chosen].sum() / weight[chosen].sum())
