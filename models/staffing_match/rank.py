"""Whom managers picked: small ranking trees and a pairwise line, learned from past accepted proposals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.framework.boosting import matrix, open_booster, train_booster
from models.staffing_match.parameter_file import Grades, Parameters

Array = NDArray[np.float64]

# Numbers are kept to this many digits, so that the text does not depend on the machine.
DIGITS = 10


def rounded(values: Iterable[float]) -> list[float]:
    """Return numbers as they are kept in an artefact."""
    return [round(float(value), DIGITS) for value in values]


def scaling(x: Array) -> dict[str, list[float]]:
    """Return mean and deviation of every input over the rows that know it."""
    seen = ~np.isnan(x)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, x, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(seen, (x - mean) ** 2, 0.0).sum(axis=0) / count)
    return {"mean": rounded(mean), "scale": rounded(np.where(spread > 1e-9, spread, 1.0))}


def standard(rows: pl.DataFrame, scale: Mapping[str, Any], chosen: Parameters) -> Array:
    """Return the inputs in deviations from their mean; unknown stands for the mean."""
    x, farthest = matrix(rows, chosen.inputs), chosen.picks.farthest
    z = (x - np.asarray(scale["mean"])) / np.asarray(scale["scale"])
    return np.asarray(np.clip(np.where(np.isnan(x), 0.0, z), -farthest, farthest), dtype=np.float64)


def relevance(rows: pl.DataFrame, grades: Grades) -> Array:
    """Return the grade the trees learn: 0 not accepted, 1 accepted, 2 delivered well, 3 delivered very well."""
    gain = rows["label"].to_numpy()
    return np.where(gain <= 0, 0.0, 1.0 + (gain >= grades.good) + (gain >= grades.great))


def fit_trees(rows: pl.DataFrame, chosen: Parameters, *, seed: int) -> str:
    """Train the ranking trees on rows sorted by query; returns LightGBM text."""
    sizes = rows["query"].rle().struct.field("len").to_list()
    names, trees, grades = chosen.inputs, chosen.picks.trees, relevance(rows, chosen.grades)
    params = {"objective": "lambdarank", **trees.lightgbm()}
    x = matrix(rows, names)
    return train_booster(x, grades, names=names, params=params, rounds=trees.rounds, seed=seed, group=sizes)


def fit_line(rows: pl.DataFrame, scale: Mapping[str, Any], chosen: Parameters) -> list[float]:
    """Fit weights by which the accepted stand above the others of their request (pairwise logistic, no intercept)."""
    from sklearn.linear_model import LogisticRegression

    z, query = standard(rows, scale, chosen), rows["query"].rle_id().to_numpy()
    wanted = rows["label"].to_numpy() > 0
    steps, weights = [], []
    for own in np.split(np.arange(rows.height), np.flatnonzero(np.diff(query)) + 1):
        others = own[~wanted[own]]
        for accepted in own[wanted[own]]:
            steps.append(z[accepted] - z[others])
            weights.append(np.full(len(others), 1.0 / max(len(others), 1)))
    step, weight = np.concatenate(steps), np.concatenate(weights)
    penalty = chosen.picks.penalty
    line = LogisticRegression(C=penalty, fit_intercept=False, solver="newton-cholesky", max_iter=100, tol=1e-8)
    both = np.concatenate([np.ones(len(step)), np.zeros(len(step))])
    line.fit(np.concatenate([step, -step]), both, sample_weight=np.concatenate([weight, weight]))
    return rounded(line.coef_[0])


def tree_score(rows: pl.DataFrame, text: str, chosen: Parameters) -> Array:
    """Return the trees' score of each row."""
    return np.asarray(open_booster(text).predict(matrix(rows, chosen.inputs)), dtype=np.float64)


def line_score(rows: pl.DataFrame, learned: Mapping[str, Any], chosen: Parameters) -> Array:
    """Return the line's score of each row."""
    return np.asarray(standard(rows, learned, chosen) @ np.asarray(learned["line"]), dtype=np.float64)
