"""Logistic regression and boosted trees, blended on the logit scale and calibrated on later invoices.

Both start from the client's own shrunk rate, the baseline that is hard to beat: the logistic weights are pulled to it,
the trees learn what it leaves open. So with little data the model says what the baseline says, and no less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadline.kernel.errors import InsufficientDataError, IntegrityError
from models.framework.artefact import from_json, to_json
from models.framework.boosting import matrix, open_booster, train_booster
from models.framework.logistic import Floats, contributions, fit_logistic, logit, platt, predict_logit, sigmoid
from models.framework.parameters import keep
from models.framework.risk_model import Artefact
from models.invoice_dispute.parameter_file import ANCHOR, LATE_ANCHOR, Parameters

BLEND_FILE = "blend.json"
TREES_FILE = "trees.txt"


@dataclass(frozen=True)
class Parts:
    """The two fitted models: the logistic one as numbers, the trees as LightGBM text."""

    logistic: dict[str, Any]
    trees: str


def design(frame: pl.DataFrame, names: Sequence[str]) -> Floats:
    """Return the matrix of the named features, rates as logits, missing values as nan."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise IntegrityError("The frame lacks features this model needs.", found=f"no {', '.join(missing)}")
    x = matrix(frame, names)
    for at, name in enumerate(names):
        if name.endswith("_rate"):
            x[:, at] = logit(x[:, at])
    return x


def fit_blend(examples: pl.DataFrame, *, seed: int, parameters: Parameters) -> Artefact:
    """Fit, calibrate on the latest examples, refit on all, and return the artefact.

    The calibration comes from models that learned only from examples observed some time before the calibration
    window began (``examples.calibration_gap_days``, where there are enough). Equal examples, seed and
    parameters give equal text.

    Raises:
        InsufficientDataError: too few disputed or undisputed examples.
    """
    rows, names = examples.sort("observed_at", "invoice_id"), parameters.inputs
    x, y = design(rows, names), rows["label"].to_numpy()
    _enough(y, parameters.examples.min_per_class)
    early, later = _calibration_split(rows, parameters)
    lines, trees = _logits(x[later], _fit_parts(x[early], y[early], seed=seed, parameters=parameters), names)
    parts = _fit_parts(x, y, seed=seed, parameters=parameters)
    weight = round(float(y.sum() / (y.sum() + parameters.trees.half_at)), 6)
    penalty = parameters.calibration.platt_penalty
    blend = {
        "logistic": parts.logistic,
        "tree_weight": weight,
        "platt": platt(_mixed(lines, trees, weight), y[later], penalty=penalty),
        "platt_logistic": platt(lines, y[later], penalty=penalty),
        "anchor_mean": round(float(_anchor(x, names).mean()), 10),
        "late": _fit_late(rows, x, parameters),
    }
    return {BLEND_FILE: to_json(blend), TREES_FILE: parts.trees, **keep(parameters)}


def predict_blend(frame: pl.DataFrame, artefact: Artefact) -> pl.DataFrame:
    """Return ``prediction`` (calibrated chance of a dispute within 90 days of issue), ``logistic`` (the permanent
    challenger's) and ``late`` (chance of payment more than 5 days late; null where it was not learned), row by row.
    """
    parameters = Parameters.trained_with(artefact)
    blend, x = from_json(artefact, BLEND_FILE), design(frame, parameters.inputs)
    lines, trees = _logits(x, Parts(blend["logistic"], artefact[TREES_FILE]), parameters.inputs)
    return pl.DataFrame(
        {
            "prediction": sigmoid(_line(_mixed(lines, trees, blend["tree_weight"]), blend["platt"])),
            "logistic": sigmoid(_line(lines, blend["platt_logistic"])),
            "late": _late(frame, x, blend["late"], days=parameters.late.stated_days),
        }
    )


def explain(frame: pl.DataFrame, artefact: Artefact) -> pl.DataFrame:
    """Return every feature's exact share in each row's calibrated logit, relative to an average invoice.

    Columns: the features that the version was trained with, in their order. Slow by nature: meant for the rows that are
    shown.
    """
    names = Parameters.trained_with(artefact).inputs
    blend, x = from_json(artefact, BLEND_FILE), design(frame, names)
    lines, _ = contributions(x, blend["logistic"])
    trees = np.asarray(open_booster(artefact[TREES_FILE]).predict(x, pred_contrib=True, num_threads=1))[:, :-1]
    trees[:, names.index(ANCHOR)] += _anchor(x, names) - blend["anchor_mean"]
    shares = blend["platt"][0] * _mixed(lines, trees, blend["tree_weight"])
    return pl.DataFrame(shares, schema=list(names), orient="row")


def _enough(y: Floats, fewest: int) -> None:
    bad, good = int((y > 0).sum()), int((y == 0).sum())
    if min(bad, good) < fewest:
        raise InsufficientDataError(
            "Too few invoices with a known outcome to learn disputes from.",
            expected=f"at least {fewest} disputed and {fewest} undisputed rows",
            found=f"{bad} disputed, {good} undisputed",
            next_step="land more invoices, disputes and payments; until then the client's own rate is used",
        )


def _calibration_split(rows: pl.DataFrame, parameters: Parameters) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return masks of the rows to fit and of the later rows to calibrate on, a horizon apart where the data allow."""
    times, fewest = rows["observed_at"], parameters.examples.min_per_class // 2
    start = cast("datetime", times[int(rows.height * (1 - parameters.examples.calibration_share))])
    later = (times >= start).to_numpy()
    for gap in (parameters.examples.calibration_gap_days, 0):
        early = (times < start - timedelta(days=gap)).to_numpy()
        if all(_fewest_of(rows["label"].to_numpy()[mask]) >= fewest for mask in (early, later)):
            return early, later
    everything = np.ones(rows.height, dtype=bool)
    return everything, everything


def _fewest_of(y: Floats) -> int:
    return min(int((y > 0).sum()), int((y == 0).sum()))


def _fit_parts(x: Floats, y: Floats, *, seed: int, parameters: Parameters) -> Parts:
    names, logistic, trees = parameters.inputs, parameters.logistic, parameters.trees
    params = {"objective": "binary", **trees.lightgbm()}
    text = train_booster(x, y, names=names, params=params, rounds=trees.rounds, seed=seed, offset=_anchor(x, names))
    anchors = {ANCHOR: 1.0}
    return Parts(fit_logistic(x, y, names=names, penalty=logistic.ridge, widest=logistic.widest, anchors=anchors), text)


def _fit_late(rows: pl.DataFrame, x: Floats, parameters: Parameters) -> dict[str, Any] | None:
    is_young = (pl.col("is_draft") == 1) | (pl.col("days_since_issue") <= parameters.late.learned_days)
    mask = rows.select(is_young & pl.col("late").is_not_null()).to_series().to_numpy()
    y = rows["late"].to_numpy()[mask]
    if _fewest_of(y) < parameters.examples.min_per_class:
        return None
    names, logistic, anchors = parameters.inputs, parameters.logistic, {LATE_ANCHOR: 1.0}
    return fit_logistic(x[mask], y, names=names, penalty=logistic.ridge, widest=logistic.widest, anchors=anchors)


def _late(frame: pl.DataFrame, x: Floats, model: Mapping[str, Any] | None, *, days: int) -> pl.Series:
    if model is None:
        return pl.Series([None] * frame.height, dtype=pl.Float64)
    late = pl.when(frame["days_since_issue"] <= days).then(pl.Series(sigmoid(predict_logit(x, model))))
    return frame.select(late.alias("late"))["late"]


def _anchor(x: Floats, names: Sequence[str]) -> Floats:
    value: Floats = x[:, names.index(ANCHOR)].copy()
    return value


def _logits(x: Floats, parts: Parts, names: Sequence[str]) -> tuple[Floats, Floats]:
    trees = open_booster(parts.trees).predict(x, raw_score=True, num_threads=1)
    return predict_logit(x, parts.logistic), _anchor(x, names) + np.asarray(trees, dtype=np.float64)


def _mixed(lines: Floats, trees: Floats, weight: float) -> Floats:
    value: Floats = (1 - weight) * lines + weight * trees
    return value


def _line(raw: Floats, slope_intercept: tuple[float, float]) -> Floats:
    value: Floats = slope_intercept[0] * raw + slope_intercept[1]
    return value
