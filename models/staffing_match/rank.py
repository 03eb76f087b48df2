"""Whom managers picked: small ranking trees and a pairwise line, learned from past accepted proposals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.staffing_match.frame import FEATURES
from models.framework.boosting import matrix, open_booster, train_booster

Array = NDArray[np.float64]

# A rating from here on counts as delivered well, from the second on as very well.
GOOD_RATING, GREAT_RATING = 0.6, 0.8
ROUNDS = 80
PARAMS = {
    "objective": "lambdarank",
    "num_leaves": 4,
    "learning_rate": 0.06,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.7,
    "lambda_l2": 5.0,
    "lambdarank_truncation_level": 12,
    "label_gain": [0, 1, 2, 3],
}
PENALTY = 0.05
# The trees' part beside the line's: with hundreds of requests the line knows more.
TREES_PART = 0.5
# Beyond this many deviations more is not better.
FARTHEST = 4.0
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


def standard(rows: pl.DataFrame, scale: Mapping[str, Any]) -> Array:
    """Return the inputs in deviations from their mean; unknown stands for the mean."""
    x = matrix(rows, FEATURES)
    z = (x - np.asarray(scale["mean"])) / np.asarray(scale["scale"])
    return np.asarray(np.clip(np.where(np.isnan(x), 0.0, z), -FARTHEST, FARTHEST), dtype=np.float64)


def relevance(rows: pl.DataFrame) -> Array:
    """Return the grade the trees learn: 0 not accepted, 1 accepted, 2 delivered well, 3 delivered very well."""
    gain = rows["label"].to_numpy()
    return np.where(gain <= 0, 0.0, 1.0 + (gain >= GOOD_RATING) + (gain >= GREAT_RATING))


def fit_trees(rows: pl.DataFrame, *, seed: int) -> str:
    """Train the ranking trees on rows sorted by query; returns LightGBM text."""
    sizes = rows["query"].rle().struct.field("len").to_list()
    x = matrix(rows, FEATURES)
    return train_booster(x, relevance(rows), names=FEATURES, params=PARAMS, rounds=ROUNDS, seed=seed, group=sizes)


def fit_line(rows: pl.DataFrame, scale: Mapping[str, Any]) -> list[float]:
    """Fit weights by which the accepted stand above the others of their request (pairwise logistic, no intercept)."""
    from sklearn.linear_model import LogisticRegression

    z, wanted, query = standard(rows, scale), rows["label"].to_numpy() > 0, rows["query"].rle_id().to_numpy()
    steps, weights = [], []
    for own in np.split(np.arange(rows.height), np.flatnonzero(np.diff(query)) + 1):
        others = own[~wanted[own]]
        for accepted in own[wanted[own]]:
            steps.append(z[accepted] - z[others])
            weights.append(np.full(len(others), 1.0 / max(len(others), 1)))
    step, weight = np.concatenate(steps), np.concatenate(weights)
    line = LogisticRegression(C=PENALTY, fit_intercept=False, solver="newton-cholesky", max_iter=100, tol=1e-8)
    both = np.concatenate([np.ones(len(step)), np.zeros(len(step))])
    line.fit(np.concatenate([step, -step]), both, sample_weight=np.concatenate([weight, weight]))
    return rounded(line.coef_[0])


def tree_score(rows: pl.DataFrame, text: str) -> Array:
    """Return the trees' score of each row."""
    return np.asarray(open_booster(text).predict(matrix(rows, FEATURES)), dtype=np.float64)


def line_score(rows: pl.DataFrame, learned: Mapping[str, Any]) -> Array:
    """Return the line's score of each row."""
    return np.asarray(standard(rows, learned) @ np.asarray(learned["line"]), dtype=np.float64)
