"""Chance of a yes: a logistic regression blended with small trees, calibrated on projects neither has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.kernel.errors import InsufficientDataError
from models.framework import parameters as framework
from models.framework.artefact import from_json, to_json
from models.framework.boosting import open_booster, train_booster
from models.margin_erosion.parameter_file import Chance, Parameters
from models.margin_erosion.rows import Array, folds_of, project_weights, scaled, scaling_of

NEWTON_STEPS = 50
LONGEST_STEP = 2.0
# Inputs strong enough to be weighed a second time, beside the blend: earned value's word, and the practice's past.
ANCHORS = ("headroom", "practice_growth_rate")


@dataclass(frozen=True)
class Sample:
    """Rows to learn from: inputs with NaN for unknown, yes/no, and the project each row belongs to."""

    names: tuple[str, ...]
    inputs: Array
    answer: Array
    groups: npt.NDArray[Any]


def check_enough(sample: Sample, parameters: Parameters, *, where: str) -> None:
    """Raise InsufficientDataError unless there are projects enough of either answer."""
    projects = len(np.unique(sample.groups))
    yes = len(np.unique(sample.groups[sample.answer == 1]))
    no = len(np.unique(sample.groups[sample.answer == 0]))
    least, each = parameters.examples.min_projects, parameters.examples.min_each
    if projects < least or min(yes, no) < each:
        raise InsufficientDataError(
            "Too few projects have ended, or grown, for margin erosion to be learned.",
            where=where,
            expected=f"at least {least} projects with a known outcome, {each} of either kind",
            found=f"{projects} projects, {yes} eroded, {no} not",
            next_step="score without training (from earned value) until more projects have closed",
        )


def fit_chance(sample: Sample, parameters: Parameters, *, name: str, seed: int) -> dict[str, str]:
    """Learn one yes/no question. Returns ``<name>.json`` and ``<name>.txt``.

    The line's penalty is chosen, and the last word (how much weight the blend and each anchor get) learned, on projects
    left out of the learner's fold.
    """
    weights = project_weights(sample.groups)
    folds = folds_of(sample.groups, count=parameters.examples.folds, seed=seed)
    scaling, edge, penalties = scaling_of(sample.inputs, weights), parameters.chance.edge, parameters.chance.penalties
    standard = scaled(sample.inputs, scaling, farthest=parameters.examples.farthest)
    lines = {c: _linear_out_of_fold(standard, sample.answer, weights, folds, penalty=c, edge=edge) for c in penalties}
    penalty = min(penalties, key=lambda c: _log_loss(sample.answer, _chance(lines[c]), weights))
    blend = (lines[penalty] + _trees_out_of_fold(sample, weights, folds, trees=parameters.chance.trees, seed=seed)) / 2
    coefficients, intercept = _fit_linear(standard, sample.answer, weights, penalty=penalty, edge=edge)
    head = {
        "names": list(sample.names),
        **scaling,
        "coefficients": coefficients.tolist(),
        "intercept": intercept,
        "last_word": _last_word(blend, standard[:, _anchors(sample.names)], sample.answer, weights, parameters.chance),
        "base_rate": float(np.average(sample.answer, weights=weights)),
    }
    text = _fit_trees(sample, np.ones(len(weights), dtype=bool), weights, trees=parameters.chance.trees, seed=seed)
    return {f"{name}.json": to_json(head), f"{name}.txt": text}


def predict_chance(inputs: Array, files: Mapping[str, str], parameters: Parameters, *, name: str) -> Array:
    """Return the calibrated probability of each row."""
    if not len(inputs):
        return np.zeros(0)
    head = from_json(files, f"{name}.json")
    standard, last = scaled(inputs, head, farthest=parameters.examples.farthest), head["last_word"]
    line = standard @ np.asarray(head["coefficients"]) + head["intercept"]
    trees = np.asarray(open_booster(files[f"{name}.txt"]).predict(inputs, raw_score=True))
    blend = last["slope"] * (line + trees) / 2
    anchored = standard[:, _anchors(head["names"])] @ np.asarray(last["anchors"])
    edge = parameters.chance.edge
    return np.clip(_chance(blend + anchored + last["offset"]), edge, 1 - edge)


def contributions(inputs: Array, files: Mapping[str, str], parameters: Parameters, *, name: str) -> Array:
    """Return each input's share in the log-odds of each row, against the average project."""
    head = from_json(files, f"{name}.json")
    standard, last = scaled(inputs, head, farthest=parameters.examples.farthest), head["last_word"]
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


def calibrated_score(
    score: Array, answer: Array, groups: npt.NDArray[Any], unseen: Array, parameters: Parameters
) -> Array:
    """Turn a baseline's one score into a probability by a logistic fit on the training rows (for benchmarks)."""
    centre, size = float(score.mean()), float(score.std())
    if size < 1e-9:
        return np.full(len(unseen), float(np.average(answer, weights=project_weights(groups))))
    slope, offset = _calibrate((score - centre) / size, answer, project_weights(groups), parameters)
    return _chance(slope * (unseen - centre) / size + offset)


def _chance(line: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(line, -30, 30))), dtype=np.float64)


def _log_loss(answer: Array, chance: Array, weights: Array) -> float:
    safe = np.clip(chance, 1e-6, 1 - 1e-6)
    return float(np.average(-answer * np.log(safe) - (1 - answer) * np.log(1 - safe), weights=weights))


def _fit_linear(standard: Array, answer: Array, weights: Array, *, penalty: float, edge: float) -> tuple[Array, float]:
    """Logistic regression by Newton's method; ``penalty`` is the inverse of the ridge, the intercept goes free.

    Written out because the libraries' general solver starts threads that cost ten times the work on small problems.
    """
    design = np.column_stack([standard, np.ones(len(standard))])
    ridge = np.append(np.full(standard.shape[1], 1 / penalty), 1e-9)
    slopes = np.append(np.zeros(standard.shape[1]), _log_odds(answer, weights, edge))
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
    standard: Array, answer: Array, weights: Array, folds: npt.NDArray[np.int64], *, penalty: float, edge: float
) -> Array:
    unseen = np.zeros(len(answer))
    for fold in range(int(folds.max()) + 1):
        held = folds == fold
        coefficients, intercept = _fit_linear(
            standard[~held], answer[~held], weights[~held], penalty=penalty, edge=edge
        )
        unseen[held] = standard[held] @ coefficients + intercept
    return unseen


def _fit_trees(
    sample: Sample, kept: npt.NDArray[np.bool_], weights: Array, *, trees: framework.Trees, seed: int
) -> str:
    params = {"objective": "binary", **trees.lightgbm()}
    inputs, answer, even = sample.inputs[kept], sample.answer[kept], weights[kept] / weights[kept].mean()
    return train_booster(inputs, answer, names=sample.names, params=params, rounds=trees.rounds, seed=seed, weight=even)


def _trees_out_of_fold(
    sample: Sample, weights: Array, folds: npt.NDArray[np.int64], *, trees: framework.Trees, seed: int
) -> Array:
    unseen = np.zeros(len(sample.answer))
    for fold in range(int(folds.max()) + 1):
        held = folds == fold
        text = _fit_trees(sample, ~held, weights, trees=trees, seed=seed)
        unseen[held] = open_booster(text).predict(sample.inputs[held], raw_score=True)
    return unseen


def _anchors(names: Sequence[str]) -> list[int]:
    return [list(names).index(anchor) for anchor in ANCHORS]


def _last_word(blend: Array, anchors: Array, answer: Array, weights: Array, parameters: Chance) -> dict[str, Any]:
    """Weigh the blend and the anchors on unseen projects; what would turn a score round gets no weight."""
    chosen = list(range(1 + anchors.shape[1]))
    columns = np.column_stack([blend, anchors])
    coefficients = np.zeros(len(chosen))
    while chosen:
        fitted, offset = _fit_linear(
            columns[:, chosen], answer, weights, penalty=parameters.calibration_penalty, edge=parameters.edge
        )
        if (fitted > 0).all():
            coefficients[chosen] = fitted
            return {"slope": float(coefficients[0]), "anchors": coefficients[1:].tolist(), "offset": offset}
        chosen = [place for place, weight in zip(chosen, fitted, strict=True) if weight > 0]
    return {"slope": 0.0, "anchors": [0.0] * anchors.shape[1], "offset": _log_odds(answer, weights, parameters.edge)}


def _calibrate(raw: Array, answer: Array, weights: Array, parameters: Parameters) -> tuple[float, float]:
    """Fit one score's line to the log-odds. A slope below nought would turn it round: then the base rate speaks."""
    penalty, edge = parameters.baselines.calibration_penalty, parameters.chance.edge
    coefficients, intercept = _fit_linear(raw[:, None], answer, weights, penalty=penalty, edge=edge)
    if coefficients[0] <= 0:
        return 0.0, _log_odds(answer, weights, edge)
    return float(coefficients[0]), intercept


def _log_odds(answer: Array, weights: Array, edge: float) -> float:
    rate = float(np.clip(np.average(answer, weights=weights), edge, 1 - edge))
    return float(np.log(rate / (1 - rate)))
