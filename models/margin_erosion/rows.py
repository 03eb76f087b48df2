"""Rows of projects as inputs: each project counts once, stays in one fold, and is measured in spreads from the mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def project_weights(groups: npt.NDArray[Any]) -> Array:
    """Return one weight per row so that every project counts once."""
    _, position, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[position], dtype=np.float64)


def folds_of(groups: npt.NDArray[Any], *, count: int, seed: int) -> npt.NDArray[np.int64]:
    """Deal projects, never single rows, into ``count`` folds."""
    names, position = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))
    return np.asarray((order % count)[position], dtype=np.int64)


def scaling_of(inputs: Array, weights: Array) -> dict[str, list[float]]:
    """Return median, mean and spread of each input; one that is never known, or never moves, has spread nought."""
    middle, mean, spread = [], [], []
    for column in inputs.T:
        seen = ~np.isnan(column)
        centre = float(np.median(column[seen])) if seen.any() else 0.0
        filled = np.where(seen, column, centre)
        average = float(np.average(filled, weights=weights))
        size = float(np.sqrt(np.average((filled - average) ** 2, weights=weights)))
        middle.append(centre)
        mean.append(average)
        spread.append(size if size > 1e-9 else 0.0)
    return {"middle": middle, "mean": mean, "spread": spread}


def scaled(inputs: Array, scaling: Mapping[str, Sequence[float]], *, farthest: float) -> Array:
    """Fill unknowns with the median and standardise, no further than ``farthest`` spreads from the mean."""
    spread = np.asarray(scaling["spread"])
    filled = np.where(np.isnan(inputs), np.asarray(scaling["middle"]), inputs)
    standard = (filled - np.asarray(scaling["mean"])) / np.where(spread > 0, spread, 1.0)
    return np.asarray(np.clip(np.where(spread > 0, standard, 0.0), -farthest, farthest), dtype=np.float64)


def weighted_quantile(values: Array, weights: Array, level: float) -> float:
    """Return the smallest value with at least ``level`` of the weight at or below it."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(share, level)), len(values) - 1)])
