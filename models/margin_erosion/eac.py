"""Estimate at completion: earned value, corrected by what earlier projects taught, inside a band that keeps its word.

The learner predicts log(final cost / earned-value estimate), as the mean of trees and of a line that fades as the
work is done (what is spent cannot go astray any more). It is shrunk towards nought, quarter of life by quarter of
life, as far as projects it has not seen say it should be. The band is cross-conformal by project: residuals of projects
outside the learner's own fold, scaled by the quarter of life, each project counting once however often it was observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from features.margin_erosion.frame import FEATURES
from models.framework.artefact import from_json, to_json
from models.framework.boosting import matrix, open_booster, train_booster
from models.margin_erosion.rows import (
    FOLDS,
    Array,
    folds_of,
    project_weights,
    scaled,
    scaling_of,
    weighted_quantile,
)

LEVEL = 0.8
QUARTERS = 4
MIN_PROJECTS = 40
LIMIT = 1.5  # a final cost off by more than a factor of 4.5 is a unit error, not an overrun
PRIOR_PROJECTS = 10.0  # what all projects say counts like this many in each quarter of life
# Spread of log(final / earned value) by quarter of life before anything is learned: published errors of BAC/CPI
# (21.6, 12.4, 7.9 and 3.8 % mean absolute error), times 1.25 from mean absolute to standard deviation.
DEFAULT_SPREAD = (0.27, 0.155, 0.10, 0.048)
NORMAL_90 = 1.2816

SHARES = tuple(step / 10 for step in range(11))

SURE = 2.0
LINE_PENALTY = 30.0  # in projects: a line through fifty inputs must not chase a hundred projects
ROUNDS = 120
PARAMS = {
    "objective": "regression_l1",
    "learning_rate": 0.05,
    "num_leaves": 7,
    "min_data_in_leaf": 30,
    "lambda_l2": 5.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
}


def fit_eac(examples: pl.DataFrame, *, seed: int) -> tuple[dict[str, str], Array]:
    """Learn from examples whose final cost is known.

    Returns the artefact's files and, for every row of ``examples``, the correction as a learner that never saw its
    project would have made it. With fewer than 40 finished projects nothing is learned and earned value speaks.
    """
    reader = examples["final_cost"].is_not_null().to_numpy() & (examples["final_cost"].fill_null(0) > 0).to_numpy()
    finished = examples.filter(pl.Series(reader))
    if finished["project_id"].n_unique() < MIN_PROJECTS:
        return {"eac.json": to_json(_unlearned())}, np.zeros(examples.height)
    groups = finished["project_id"].to_numpy()
    target = _target(finished)
    weights, inputs, quarter = project_weights(groups), matrix(finished, FEATURES), _quarter(finished)
    done = finished["progress"].fill_null(0.0).to_numpy()
    unseen = _out_of_fold(inputs, target, weights, done, folds_of(groups, seed=seed), seed=seed)
    shrink = _shrinkage(unseen, target, weights, quarter, groups)
    learner = _train(inputs, target, weights, done, seed=seed)
    corrected = _correct(learner, matrix(examples, FEATURES), examples["progress"].fill_null(0.0).to_numpy())
    corrected[reader] = unseen
    residual = target - shrink[quarter] * unseen
    calibration = {"shrink": shrink.tolist(), "is_learned": True, **_band(residual, weights, quarter)}
    files = {"eac.json": to_json({**calibration, "line": learner["line"]}), "eac.txt": learner["trees"]}
    return files, corrected * shrink[_quarter(examples)]


def predict_eac(frame: pl.DataFrame, files: Mapping[str, str]) -> pl.DataFrame:
    """Add ``eac_low``, ``eac_middle`` and ``eac_high`` (plan currency): a band that holds four times in five.

    What is spent is spent: no estimate lies below the cost to date.
    """
    calibration = from_json(files, "eac.json")
    quarter = _quarter(frame)
    correction = np.zeros(frame.height)
    if calibration["is_learned"] and frame.height:
        learner = {"trees": files["eac.txt"], "line": calibration["line"]}
        raw = _correct(learner, matrix(frame, FEATURES), frame["progress"].fill_null(0.0).to_numpy())
        correction = raw * np.asarray(calibration["shrink"])[quarter]
    spread = np.asarray(calibration["spread"])[quarter]
    reference = frame["eac_reference"].to_numpy()
    floor = frame["actual_cost"].cast(pl.Float64).fill_null(0.0).to_numpy()
    ends = {"eac_low": calibration["low"], "eac_middle": 0.0, "eac_high": calibration["high"]}
    values = {name: np.maximum(reference * np.exp(correction + spread * end), floor) for name, end in ends.items()}
    return frame.with_columns(pl.Series(name, column, dtype=pl.Float64) for name, column in values.items())


def spread_of(frame: pl.DataFrame, files: Mapping[str, str]) -> Array:
    """Return the spread of log(final cost / estimate) of each row, by quarter of life."""
    return np.asarray(from_json(files, "eac.json")["spread"], dtype=np.float64)[_quarter(frame)]


def unlearned() -> dict[str, str]:
    """Return the files of an estimate nobody has trained: earned value with the published spread."""
    return {"eac.json": to_json(_unlearned())}


def _unlearned() -> dict[str, Any]:
    spread = list(DEFAULT_SPREAD)
    return {"shrink": [0.0] * QUARTERS, "is_learned": False, "spread": spread, "low": -NORMAL_90, "high": NORMAL_90}


def _quarter(frame: pl.DataFrame) -> npt.NDArray[np.int64]:
    return frame["quarter_of_life"].to_numpy().astype(np.int64) - 1


def _target(finished: pl.DataFrame) -> Array:
    ratio = np.log(finished["final_cost"].to_numpy() / finished["eac_reference"].to_numpy())
    return np.asarray(np.clip(ratio, -LIMIT, LIMIT), dtype=np.float64)


def _train(inputs: Array, target: Array, weights: Array, done: Array, *, seed: int) -> dict[str, Any]:
    even = weights / weights.mean()
    trees = train_booster(inputs, target, names=FEATURES, params=PARAMS, rounds=ROUNDS, seed=seed, weight=even)
    return {"trees": trees, "line": _train_line(inputs, target, weights, done)}


def _train_line(inputs: Array, target: Array, weights: Array, done: Array) -> dict[str, list[float]]:
    """Ridge regression on standardised inputs, all of them and the level fading with the share of work left."""
    scaling = scaling_of(inputs, weights)
    rows = _fading(inputs, scaling, done)
    weighted = rows.T * weights
    slopes = np.linalg.solve(weighted @ rows + LINE_PENALTY * np.eye(rows.shape[1]), weighted @ target)
    return {**scaling, "slopes": slopes.tolist()}


def _fading(inputs: Array, scaling: Mapping[str, list[float]], done: Array) -> Array:
    left = (1 - done)[:, None]
    return np.column_stack([scaled(inputs, scaling) * left, left])


def _correct(learner: Mapping[str, Any], inputs: Array, done: Array) -> Array:
    """Mean of what trees and line say."""
    line = learner["line"]
    by_line = _fading(inputs, line, done) @ np.asarray(line["slopes"])
    by_trees = open_booster(learner["trees"]).predict(inputs)
    return np.asarray((by_line + by_trees) / 2, dtype=np.float64)


def _out_of_fold(
    inputs: Array, target: Array, weights: Array, done: Array, folds: npt.NDArray[np.int64], *, seed: int
) -> Array:
    unseen = np.zeros(len(target))
    for fold in range(FOLDS):
        held = folds == fold
        learner = _train(inputs[~held], target[~held], weights[~held], done[~held], seed=seed)
        unseen[held] = _correct(learner, inputs[held], done[held])
    return unseen


def _shrinkage(
    unseen: Array, target: Array, weights: Array, quarter: npt.NDArray[np.int64], groups: npt.NDArray[Any]
) -> Array:
    """Share of the learner's correction to believe, by quarter of life: the one with the least absolute error.

    The firm-wide error counts like ten projects in each quarter. Learning must pay its way: with a gain over earned
    value of less than two standard errors between projects nothing is believed, nor is a quarter's with less than one.
    """
    error = np.stack([np.abs(target - share * unseen) for share in SHARES])
    pooled = error @ weights / weights.sum()
    shares = np.zeros(QUARTERS)
    if _gain_in_errors(error[0] - error[int(np.argmin(np.round(pooled, 9)))], weights, groups) < SURE:
        return shares
    for index in range(QUARTERS):
        rows = quarter == index
        best = int(np.argmin(np.round(error[:, rows] @ weights[rows] + PRIOR_PROJECTS * pooled, 9)))
        if _gain_in_errors(error[0, rows] - error[best, rows], weights[rows], groups[rows]) > 1:
            shares[index] = SHARES[best]
    return shares


def _gain_in_errors(gain: Array, weights: Array, groups: npt.NDArray[Any]) -> float:
    """Return a summed gain in units of its own standard error between projects."""
    _, project = np.unique(groups, return_inverse=True)
    per_project = np.bincount(project, weights=weights * gain)
    size = float(np.sqrt(np.sum(per_project**2)))
    return float(per_project.sum()) / size if size > 0 else 0.0


def _band(residual: Array, weights: Array, quarter: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Spread by quarter of life, and the ends of the standardised residuals, with the finite-sample allowance."""
    pooled = float(np.average(np.abs(residual), weights=weights)) + 1e-6
    spread = np.full(QUARTERS, pooled)
    for index in range(QUARTERS):
        rows = quarter == index
        seen = float(weights[rows].sum())
        total = float(np.sum(weights[rows] * np.abs(residual[rows])))
        spread[index] = (total + PRIOR_PROJECTS * pooled) / (seen + PRIOR_PROJECTS)
    standard = residual / spread[quarter]
    tail = (1 - LEVEL) / 2
    allowed = min((1 - tail) * (1 + 1 / float(weights.sum())), 1.0)
    low, high = -weighted_quantile(-standard, weights, allowed), weighted_quantile(standard, weights, allowed)
    return {"spread": spread.tolist(), "low": min(low, 0.0), "high": max(high, 0.0)}
