"""Estimate at completion: earned value, corrected by what earlier projects taught, inside a band that keeps its word.

The learner predicts log(final cost / earned-value estimate), as the mean of trees and of a line that fades as the
work is done (what is spent cannot go astray any more). It is shrunk towards nought, quarter of life by quarter of
life, as far as projects it has not seen say it should be. The band is cross-conformal by project: residuals of projects
outside the learner's own fold, scaled by the quarter of life, each project counting once however often it was observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from models.framework.artefact import from_json, to_json
from models.framework.boosting import matrix, open_booster, train_booster
from models.margin_erosion.parameter_file import QUARTERS, Estimate, Parameters
from models.margin_erosion.rows import (
    Array,
    folds_of,
    project_weights,
    scaled,
    scaling_of,
    weighted_quantile,
)

NORMAL_90 = 1.2816

SHARES = tuple(step / 10 for step in range(11))


@dataclass(frozen=True)
class _Rows:
    """Rows of finished projects: inputs, log of final cost over earned value, weight, share of the work done."""

    inputs: Array
    target: Array
    weights: Array
    done: Array

    def where(self, kept: npt.NDArray[np.bool_]) -> _Rows:
        return _Rows(self.inputs[kept], self.target[kept], self.weights[kept], self.done[kept])


def fit_eac(examples: pl.DataFrame, parameters: Parameters, *, seed: int) -> tuple[dict[str, str], Array]:
    """Learn from examples whose final cost is known.

    Returns the artefact's files and, for every row of ``examples``, the correction as a learner that never saw its
    project would have made it. With too few finished projects nothing is learned and earned value speaks.
    """
    reader = examples["final_cost"].is_not_null().to_numpy() & (examples["final_cost"].fill_null(0) > 0).to_numpy()
    finished = examples.filter(pl.Series(reader))
    if finished["project_id"].n_unique() < parameters.estimate.min_projects:
        return unlearned(parameters), np.zeros(examples.height)
    groups = finished["project_id"].to_numpy()
    weights, quarter = project_weights(groups), _quarter(finished)
    rows = _Rows(
        matrix(finished, parameters.inputs), _target(finished, parameters.estimate.limit), weights, _done(finished)
    )
    unseen = _out_of_fold(rows, folds_of(groups, count=parameters.examples.folds, seed=seed), parameters, seed=seed)
    shrink = _shrinkage(unseen, rows.target, weights, quarter, groups, parameters.estimate)
    learner = _train(rows, parameters, seed=seed)
    corrected = _correct(learner, matrix(examples, parameters.inputs), _done(examples), parameters)
    corrected[reader] = unseen
    residual = rows.target - shrink[quarter] * unseen
    calibration = {
        "shrink": shrink.tolist(),
        "is_learned": True,
        **_band(residual, weights, quarter, parameters.estimate),
    }
    files = {"eac.json": to_json({**calibration, "line": learner["line"]}), "eac.txt": learner["trees"]}
    return files, corrected * shrink[_quarter(examples)]


def predict_eac(frame: pl.DataFrame, files: Mapping[str, str], parameters: Parameters) -> pl.DataFrame:
    """Add ``eac_low``, ``eac_middle`` and ``eac_high`` (plan currency): a band that holds as often as it promises.

    What is spent is spent: no estimate lies below the cost to date.
    """
    calibration = from_json(files, "eac.json")
    quarter = _quarter(frame)
    correction = np.zeros(frame.height)
    if calibration["is_learned"] and frame.height:
        learner = {"trees": files["eac.txt"], "line": calibration["line"]}
        raw = _correct(learner, matrix(frame, parameters.inputs), _done(frame), parameters)
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


def unlearned(parameters: Parameters) -> dict[str, str]:
    """Return the files of an estimate that learned nothing: earned value with the published spread."""
    spread = list(parameters.estimate.default_spread)
    content = {"shrink": [0.0] * QUARTERS, "is_learned": False, "spread": spread, "low": -NORMAL_90, "high": NORMAL_90}
    return {"eac.json": to_json(content)}


def _quarter(frame: pl.DataFrame) -> npt.NDArray[np.int64]:
    return frame["quarter_of_life"].to_numpy().astype(np.int64) - 1


def _done(frame: pl.DataFrame) -> Array:
    return frame["progress"].fill_null(0.0).to_numpy()


def _target(finished: pl.DataFrame, limit: float) -> Array:
    ratio = np.log(finished["final_cost"].to_numpy() / finished["eac_reference"].to_numpy())
    return np.asarray(np.clip(ratio, -limit, limit), dtype=np.float64)


def _train(rows: _Rows, parameters: Parameters, *, seed: int) -> dict[str, Any]:
    trees, even = parameters.estimate.trees, rows.weights / rows.weights.mean()
    params = {"objective": "regression_l1", **trees.lightgbm()}
    text = train_booster(
        rows.inputs, rows.target, names=parameters.inputs, params=params, rounds=trees.rounds, seed=seed, weight=even
    )
    return {"trees": text, "line": _train_line(rows, parameters)}


def _train_line(rows: _Rows, parameters: Parameters) -> dict[str, list[float]]:
    """Ridge regression on standardised inputs, all of them and the level fading with the share of work left."""
    scaling = scaling_of(rows.inputs, rows.weights)
    design = _fading(rows.inputs, scaling, rows.done, farthest=parameters.examples.farthest)
    weighted = design.T * rows.weights
    ridge = parameters.estimate.line_penalty * np.eye(design.shape[1])
    slopes = np.linalg.solve(weighted @ design + ridge, weighted @ rows.target)
    return {**scaling, "slopes": slopes.tolist()}


def _fading(inputs: Array, scaling: Mapping[str, list[float]], done: Array, *, farthest: float) -> Array:
    left = (1 - done)[:, None]
    return np.column_stack([scaled(inputs, scaling, farthest=farthest) * left, left])


def _correct(learner: Mapping[str, Any], inputs: Array, done: Array, parameters: Parameters) -> Array:
    """Mean of what trees and line say."""
    line = learner["line"]
    by_line = _fading(inputs, line, done, farthest=parameters.examples.farthest) @ np.asarray(line["slopes"])
    by_trees = open_booster(learner["trees"]).predict(inputs)
    return np.asarray((by_line + by_trees) / 2, dtype=np.float64)


def _out_of_fold(rows: _Rows, folds: npt.NDArray[np.int64], parameters: Parameters, *, seed: int) -> Array:
    unseen = np.zeros(len(rows.target))
    for fold in range(parameters.examples.folds):
        held = folds == fold
        learner = _train(rows.where(~held), parameters, seed=seed)
        unseen[held] = _correct(learner, rows.inputs[held], rows.done[held], parameters)
    return unseen


def _shrinkage(
    unseen: Array,
    target: Array,
    weights: Array,
    quarter: npt.NDArray[np.int64],
    groups: npt.NDArray[Any],
    parameters: Estimate,
) -> Array:
    """Share of the learner's correction to believe, by quarter of life: the one with the least absolute error.

    The firm-wide error counts like some projects in each quarter. Learning must pay its way: with a gain over earned
    value that is not sure between projects nothing is believed, nor is a quarter's of less than one standard error.
    """
    error = np.stack([np.abs(target - share * unseen) for share in SHARES])
    pooled = error @ weights / weights.sum()
    shares = np.zeros(QUARTERS)
    if _gain_in_errors(error[0] - error[int(np.argmin(np.round(pooled, 9)))], weights, groups) < parameters.sure:
        return shares
    for index in range(QUARTERS):
        rows = quarter == index
        best = int(np.argmin(np.round(error[:, rows] @ weights[rows] + parameters.prior_projects * pooled, 9)))
        if _gain_in_errors(error[0, rows] - error[best, rows], weights[rows], groups[rows]) > 1:
            shares[index] = SHARES[best]
    return shares


def _gain_in_errors(gain: Array, weights: Array, groups: npt.NDArray[Any]) -> float:
    """Return a summed gain in units of its own standard error between projects."""
    _, project = np.unique(groups, return_inverse=True)
    per_project = np.bincount(project, weights=weights * gain)
    size = float(np.sqrt(np.sum(per_project**2)))
    return float(per_project.sum()) / size if size > 0 else 0.0


def _band(residual: Array, weights: Array, quarter: npt.NDArray[np.int64], parameters: Estimate) -> dict[str, Any]:
    """Spread by quarter of life, and the ends of the standardised residuals, with the finite-sample allowance."""
    pooled, prior = float(np.average(np.abs(residual), weights=weights)) + 1e-6, parameters.prior_projects
    spread = np.full(QUARTERS, pooled)
    for index in range(QUARTERS):
        rows = quarter == index
        seen = float(weights[rows].sum())
        total = float(np.sum(weights[rows] * np.abs(residual[rows])))
        spread[index] = (total + prior * pooled) / (seen + prior)
    standard = residual / spread[quarter]
    tail = (1 - parameters.level) / 2
    allowed = min((1 - tail) * (1 + 1 / float(weights.sum())), 1.0)
    low, high = -weighted_quantile(-standard, weights, allowed), weighted_quantile(standard, weights, allowed)
    return {"spread": spread.tolist(), "low": min(low, 0.0), "high": max(high, 0.0)}
