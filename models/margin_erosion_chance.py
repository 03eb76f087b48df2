"""Chance of a yes: a logistic regression blended with small trees, calibrated on projects neither has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.kernel.errors import InsufficientDataError
from models.artefact import from_json, to_json
from models.boosting import open_booster, train_booster
from models.margin_erosion_eac import FOLDS, Array, folds_of, project_weights

MIN_PROJECTS = 30
MIN_EACH = 8
PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3)
BLENDS = (0.0, 0.25, 0.5, 0.75, 1.0)
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

    Penalty, blend and calibration are chosen on projects left out of the learner's fold.
    """
    weights = project_weights(sample.groups)
    folds = folds_of(sample.groups, seed=seed)
    scaling = _scaling(sample.inputs, weights)
    scaled = _scaled(sample.inputs, scaling)
    lines = {c: _linear_out_of_fold(scaled, sample.answer, weights, folds, penalty=c) for c in PENALTIES}
    penalty = min(PENALTIES, key=lambda c: _log_loss(sample.answer, _chance(lines[c]), weights))
    trees = _trees_out_of_fold(sample, weights, folds, seed=seed)
    mixed = {b: (1 - b) * lines[penalty] + b * trees for b in BLENDS}
    blend = min(BLENDS, key=lambda b: _log_loss(sample.answer, _chance(mixed[b]), weights))
    slope, offset = _calibrate(mixed[blend], sample.answer, weights)
    coefficients, intercept = _fit_linear(scaled, sample.answer, weights, penalty=penalty)
    head = {
        "names": list(sample.names),
        **scaling,
        "coefficients": coefficients.tolist(),
        "intercept": intercept,
        "blend": blend,
        "slope": slope,
        "offset": offset,
        "base_rate": float(np.average(sample.answer, weights=weights)),
    }
    text = _fit_trees(sample.names, sample.inputs, sample.answer, weights, seed=seed)
    return {f"{name}.json": to_json(head), f"{name}.txt": text}


def predict_chance(inputs: Array, files: Mapping[str, str], *, name: str) -> Array:
    """Return the calibrated probability of each row."""
    if not len(inputs):
        return np.zeros(0)
    head = from_json(files, f"{name}.json")
    line = _scaled(inputs, head) @ np.asarray(head["coefficients"]) + head["intercept"]
    raw = (1 - head["blend"]) * line
    if head["blend"]:
        raw = raw + head["blend"] * open_booster(files[f"{name}.txt"]).predict(inputs, raw_score=True)
    return np.clip(_chance(head["slope"] * raw + head["offset"]), EDGE, 1 - EDGE)


def contributions(inputs: Array, files: Mapping[str, str], *, name: str) -> Array:
    """Return each input's share in the log-odds of each row, against the average project."""
    head = from_json(files, f"{name}.json")
    shares = (1 - head["blend"]) * _scaled(inputs, head) * np.asarray(head["coefficients"])
    if head["blend"] and len(inputs):
        trees = open_booster(files[f"{name}.txt"]).predict(inputs, pred_contrib=True)
        shares = shares + head["blend"] * np.asarray(trees)[:, :-1]
    return np.asarray(head["slope"] * shares, dtype=np.float64)


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


def _scaling(inputs: Array, weights: Array) -> dict[str, list[float]]:
    """Median, mean and spread of each input; one that is never known is nought throughout."""
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


def _scaled(inputs: Array, scaling: Mapping[str, Sequence[float]]) -> Array:
    """Fill unknowns with the median and standardise; four spreads from the mean is as far as the line may see."""
    spread = np.asarray(scaling["spread"])
    filled = np.where(np.isnan(inputs), np.asarray(scaling["middle"]), inputs)
    standard = (filled - np.asarray(scaling["mean"])) / np.where(spread > 0, spread, 1.0)
    return np.asarray(np.clip(np.where(spread > 0, standard, 0.0), -4, 4), dtype=np.float64)


def _fit_linear(scaled: Array, answer: Array, weights: Array, *, penalty: float) -> tuple[Array, float]:
    from sklearn.linear_model import LogisticRegression

    line = LogisticRegression(C=penalty, max_iter=500, tol=1e-6)
    line.fit(scaled, answer, sample_weight=weights)
    return np.asarray(line.coef_[0], dtype=np.float64), float(line.intercept_[0])


def _linear_out_of_fold(
    scaled: Array, answer: Array, weights: Array, folds: npt.NDArray[np.int64], *, penalty: float
) -> Array:
    unseen = np.zeros(len(answer))
    for fold in range(FOLDS):
        held = folds == fold
        coefficients, intercept = _fit_linear(scaled[~held], answer[~held], weights[~held], penalty=penalty)
        unseen[held] = scaled[held] @ coefficients + intercept
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


def _calibrate(raw: Array, answer: Array, weights: Array) -> tuple[float, float]:
    """Platt's line on unseen projects. A slope below nought would turn the score round: then the base rate speaks."""
    coefficients, intercept = _fit_linear(raw[:, None], answer, weights, penalty=10.0)
    if coefficients[0] <= 0:
        rate = float(np.clip(np.average(answer, weights=weights), EDGE, 1 - EDGE))
        return 0.0, float(np.log(rate / (1 - rate)))
    return float(coefficients[0]), intercept
