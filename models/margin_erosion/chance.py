"""Chance of a yes: a logistic regression blended with small trees, calibrated on projects neither has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.kernel.errors import InsufficientDataError
from models.framework.artefact import from_json, to_json
from models.framework.boosting import open_booster, train_booster
from models.margin_erosion.rows import FOLDS, Array, folds_of, project_weights, scaled, scaling_of

MIN_PROJECTS = 30
MIN_EACH = 8
PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3)
CALIBRATION_PENALTY = 1.0
NEWTON_STEPS = 50
LONGEST_STEP = 2.0
# Inputs strong enough to be weighed a second time, beside the blend: earned value's word, and the practice's past.
ANCHORS = ("headroom", "practice_growth_rate")
EDGE = 0.005  # no probability is stated beyond one in two hundred: the past is too short to know
ROUNDS = 80
PARAMS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 6,
    "min_data_in_leaf": 40,
    "lambda_l2": 10.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
}


@dataclass(frozen=True)
class Sample:
    """Rows to learn from: inputs with NaN for unknown, yes/no, and the project each row belongs to."""

    names: tuple[str, ...]
    inputs: Array
    answer: Array
    groups: npt.NDArray[Any]


def check_enough(sample: Sample, *, where: str) -> None:
    """Raise InsufficientDataError unless there are projects enough of either answer."""
    projects = len(np.unique(sample.groups))
    yes = len(np.unique(sample.groups[sample.answer == 1]))
    no = len(np.unique(sample.groups[sample.answer == 0]))
    if projects < MIN_PROJECTS or min(yes, no) < MIN_EACH:
        raise InsufficientDataError(
            "Too few projects have ended, or grown, for margin erosion to be learned.",
            where=where,
            expected=f"at least {MIN_PROJECTS} projects with a known outcome, {MIN_EACH} of either kind",
            found=f"{projects} projects, {yes} eroded, {no} not",
            next_step="score without training (earned value speaks) until more projects have closed",
        )


def fit_chance(sample: Sample, *, name: str, seed: int) -> dict[str, str]:
    """Learn one yes/no question. Returns ``<name>.json`` and ``<name>.txt``.

    The line's penalty is chosen, and the last word (how much weight the blend and each anchor get) learned, on projects
    left out of the learner's fold.
    """
    weights = project_weights(sample.groups)
    folds = folds_of(sample.groups, seed=seed)
    scaling = scaling_of(sample.inputs, weights)
    standard = scaled(sample.inputs, scaling)
    lines = {c: _linear_out_of_fold(standard, sample.answer, weights, folds, penalty=c) for c in PENALTIES}
    penalty = min(PENALTIES, key=lambda c: _log_loss(sample.answer, _chance(lines[c]), weights))
    blend = (lines[penalty] + _trees_out_of_fold(sample, weights, folds, seed=seed)) / 2
    coefficients, intercept = _fit_linear(standard, sample.answer, weights, penalty=penalty)
    head = {
        "names": list(sample.names),
        **scaling,
        "coefficients": coefficients.tolist(),
        "intercept": intercept,
        "last_word": _last_word(blend, standard[:, _anchors(sample.names)], sample.answer, weights),
        "base_rate": float(np.average(sample.answer, weights=weights)),
    }
    text = _fit_trees(sample.names, sample.inputs, sample.answer, weights, seed=seed)
    return {f"{name}.json": to_json(head), f"{name}.txt": text}


def predict_chance(inputs: Array, files: Mapping[str, str], *, name: str) -> Array:
    """Return the calibrated probability of each row."""
    if not len(inputs):
        return np.zeros(0)
    head = from_json(files, f"{name}.json")
    standard, last = scaled(inputs, head), head["last_word"]
    line = standard @ np.asarray(head["coefficients"]) + head["intercept"]
    trees = np.asarray(open_booster(files[f"{name}.txt"]).predict(inputs, raw_score=True))
    blend = last["slope"] * (line + trees) / 2
    anchored = standard[:, _anchors(head["names"])] @ np.asarray(last["anchors"])
    return np.clip(_chance(blend + anchored + last["offset"]), EDGE, 1 - EDGE)


def contributions(inputs: Array, files: Mapping[str, str], *, name: str) -> Array:
    """Return each input's share in the log-odds of each row, against the average project."""
    head = from_json(files, f"{name}.json")
    standard, last = scaled(inputs, head), head["last_word"]
    shares = standard * np.asarray(head["coefficients"])
    if len(inputs):
        trees = open_booster(files[f"{name}.txt"]).predict(inputs, pred_contrib=True)
        shares = shares + np.asarray(trees)[:, :-1]
    shares = last["slope"] * shares / 2
    for place, weight in zip(_anchors(head["names"]), last["anchors"], strict=True):
        shares[:, place] += weight * standard[:, place]
    return np.asarray(shares, dtype=np.float64)


def base_rate(files: Mapping[str, str], *, name: str) -> float:
    """Return the share of yes among the projects learned from."""
    return float(from_json(files, f"{name}.json")["base_rate"])


def calibrated_score(score: Array, answer: Array, groups: npt.NDArray[Any], unseen: Array) -> Array:
    """Turn a baseline's one score into a probability by a logistic fit on the training rows (for contests)."""
    centre, size = float(score.mean()), float(score.std())
    if size < 1e-9:
        return np.full(len(unseen), float(np.average(answer, weights=project_weights(groups))))
    slope, offset = _calibrate((score - centre) / size, answer, project_weights(groups))
    return _chance(slope * (unseen - centre) / size + offset)


def _chance(line: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(line, -30, 30))), dtype=np.float64)


def _log_loss(answer: Array, chance: Array, weights: Array) -> float:
    safe = np.clip(chance, 1e-6, 1 - 1e-6)
    return float(np.average(-answer * np.log(safe) - (1 - answer) * np.log(1 - safe), weights=weights))


def _fit_linear(standard: Array, answer: Array, weights: Array, *, penalty: float) -> tuple[Array, float]:
    """Logistic regression by Newton's method; ``penalty`` is the inverse of the ridge, the intercept goes free.

    Written out because the libraries' general solver starts threads that cost ten times the work on small problems.
    """
    design = np.column_stack([standard, np.ones(len(standard))])
    ridge = np.append(np.full(standard.shape[1], 1 / penalty), 1e-9)
    slopes = np.append(np.zeros(standard.shape[1]), _log_odds(answer, weights))
    for _ in range(NEWTON_STEPS):
        chance = _chance(design @ slopes)
        gradient = design.T @ (weights * (answer - chance)) - ridge * slopes
        curvature = (design.T * (weights * chance * (1 - chance))) @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        slopes = slopes + step * min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    return np.asarray(slopes[:-1], dtype=np.float64), float(slopes[-1])


def _linear_out_of_fold(
    standard: Array, answer: Array, weights: Array, folds: npt.NDArray[np.int64], *, penalty: float
) -> Array:
    unseen = np.zeros(len(answer))
    for fold in range(FOLDS):
        held = folds == fold
        coefficients, intercept = _fit_linear(standard[~held], answer[~held], weights[~held], penalty=penalty)
        unseen[held] = standard[held] @ coefficients + intercept
    return unseen


def _fit_trees(names: tuple[str, ...], inputs: Array, answer: Array, weights: Array, *, seed: int) -> str:
    even = weights / weights.mean()
    return train_booster(inputs, answer, names=names, params=PARAMS, rounds=ROUNDS, seed=seed, weight=even)


def _trees_out_of_fold(sample: Sample, weights: Array, folds: npt.NDArray[np.int64], *, seed: int) -> Array:
    unseen = np.zeros(len(sample.answer))
    for fold in range(FOLDS):
        held = folds == fold
        text = _fit_trees(sample.names, sample.inputs[~held], sample.answer[~held], weights[~held], seed=seed)
        unseen[held] = open_booster(text).predict(sample.inputs[held], raw_score=True)
    return unseen


def _anchors(names: Sequence[str]) -> list[int]:
    return [list(names).index(anchor) for anchor in ANCHORS]


def _last_word(blend: Array, anchors: Array, answer: Array, weights: Array) -> dict[str, Any]:
    """Weigh the blend and the anchors on unseen projects; what would turn a score round gets no weight."""
    chosen = list(range(1 + anchors.shape[1]))
    columns = np.column_stack([blend, anchors])
    coefficients = np.zeros(len(chosen))
    while chosen:
        fitted, offset = _fit_linear(columns[:, chosen], answer, weights, penalty=CALIBRATION_PENALTY)
        if (fitted > 0).all():
            coefficients[chosen] = fitted
            return {"slope": float(coefficients[0]), "anchors": coefficients[1:].tolist(), "offset": offset}
        chosen = [place for place, weight in zip(chosen, fitted, strict=True) if weight > 0]
    return {"slope": 0.0, "anchors": [0.0] * anchors.shape[1], "offset": _log_odds(answer, weights)}


def _calibrate(raw: Array, answer: Array, weights: Array) -> tuple[float, float]:
    """Fit one score's line to the log-odds. A slope below nought would turn it round: then the base rate speaks."""
    coefficients, intercept = _fit_linear(raw[:, None], answer, weights, penalty=10.0)
    if coefficients[0] <= 0:
        return 0.0, _log_odds(answer, weights)
    return float(coefficients[0]), intercept


def _log_odds(answer: Array, weights: Array) -> float:
    rate = float(np.clip(np.average(answer, weights=weights), EDGE, 1 - EDGE))
    return float(np.log(rate / (1 - rate)))
