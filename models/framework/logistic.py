"""Ridge logistic regression as numbers in JSON: fills, scales and weights, nothing that has to be unpickled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

MAX_STEPS = 50
TOLERANCE = 1e-9
DIGITS = 10


def sigmoid(logit: Floats) -> Floats:
    """Return probabilities of logits, without overflow."""
    value: Floats = 0.5 * (1 + np.tanh(0.5 * logit))
    return value


def logit(probability: Floats) -> Floats:
    """Return logits of probabilities, which are kept one millionth away from 0 and 1."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    value: Floats = np.log(p / (1 - p))
    return value


def solve(x: Floats, y: Floats, *, penalty: float, towards: Floats | None = None) -> tuple[Floats, float]:
    """Return weights and intercept that minimise log loss plus ``penalty``/2 times the squared distance of the weights
    from ``towards`` (zeros unless given); the intercept is free. Newton's method, no randomness.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):  # one thread sums in one order, and does not fight for the cores
        return _newton(np.column_stack([x, np.ones(len(x))]), y, penalty=penalty, towards=towards)


def _newton(design: Floats, y: Floats, *, penalty: float, towards: Floats | None) -> tuple[Floats, float]:
    size = design.shape[1] - 1
    centre = np.append(np.zeros(size) if towards is None else towards, 0.0)
    ridge = np.append(np.full(size, penalty), 1e-9)
    beta = centre.copy()
    beta[-1] = logit(np.array([y.mean()]))[0]
    for _ in range(MAX_STEPS):
        p = sigmoid(design @ beta)
        gradient = design.T @ (p - y) + ridge * (beta - centre)
        curvature = (design * (p * (1 - p))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        beta = beta - step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < TOLERANCE:
            break
    return beta[:-1], float(beta[-1])


def fit_logistic(
    x: Floats,
    y: Floats,
    *,
    names: Sequence[str],
    penalty: float,
    widest: float,
    anchors: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Fit on a matrix with nan for missing values and return the model as plain numbers.

    Weights are pulled to zero, those named in ``anchors`` to the value given there (per unit of the feature): with
    little data the model falls back to what the anchors say, such as a client's past rate. Missing values are filled
    with the median; a feature that is sometimes missing gets a second column that says so. Constant features get no
    weight; values beyond ``widest`` standard deviations are cut off there. Numbers are rounded to ten digits, so
    that the text does not depend on the machine.
    """
    gaps = np.isnan(x)
    fill = np.array([np.median(c[~g]) if (~g).any() else 0.0 for c, g in zip(x.T, gaps.T, strict=True)])
    flagged = [i for i in range(x.shape[1]) if 0 < gaps[:, i].sum() < len(x)]
    whole = np.column_stack([np.where(gaps, fill, x), gaps[:, flagged].astype(float)])
    centre, scale = whole.mean(axis=0), whole.std(axis=0)
    scale[scale < 1e-9] = np.inf
    towards = np.zeros(whole.shape[1])
    for name, weight in (anchors or {}).items():
        at = names.index(name)
        towards[at] = weight * scale[at] if np.isfinite(scale[at]) else 0.0
    weights, intercept = solve(_scaled(whole, centre, scale, widest), y, penalty=penalty, towards=towards)
    per_unit = np.where(np.isinf(scale), 0.0, weights)
    scale[np.isinf(scale)] = 1.0
    return {
        "names": list(names),
        "flagged": [names[i] for i in flagged],
        "fill": _rounded(fill),
        "centre": _rounded(centre),
        "scale": _rounded(scale),
        "weights": _rounded(per_unit),
        "intercept": round(intercept, DIGITS),
        "widest": widest,
    }


def contributions(x: Floats, model: Mapping[str, Any]) -> tuple[Floats, float]:
    """Return each feature's share in the logit, relative to an average row, and the average row's logit."""
    names, flagged = list(model["names"]), list(model["flagged"])
    gaps = np.isnan(x)
    place = [names.index(name) for name in flagged]
    whole = np.column_stack([np.where(gaps, np.array(model["fill"]), x), gaps[:, place].astype(float)])
    scaled = _scaled(whole, np.array(model["centre"]), np.array(model["scale"]), float(model["widest"]))
    terms = scaled * np.array(model["weights"])
    shares: Floats = terms[:, : len(names)].copy()
    for column, at in enumerate(place, start=len(names)):
        shares[:, at] += terms[:, column]
    return shares, float(model["intercept"])


def predict_logit(x: Floats, model: Mapping[str, Any]) -> Floats:
    """Return the model's logit for every row."""
    shares, base = contributions(x, model)
    total: Floats = shares.sum(axis=1) + base
    return total


def platt(raw: Floats, y: Floats, *, penalty: float) -> tuple[float, float]:
    """Return slope and intercept that turn raw logits into calibrated ones, the slope pulled to 1 and never below 0."""
    slope, intercept = solve(raw[:, None], y, penalty=penalty, towards=np.ones(1))
    if slope[0] <= 0:
        return 0.0, round(float(logit(np.array([y.mean()]))[0]), DIGITS)
    return round(float(slope[0]), DIGITS), round(intercept, DIGITS)


def _scaled(x: Floats, centre: Floats, scale: Floats, widest: float) -> Floats:
    value: Floats = np.clip((x - centre) / scale, -widest, widest)
    return value


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
