"""Logistic regression and boosted trees, blended on the logit scale and calibrated on later invoices.

Both start from the client's own shrunk rate, the baseline that is hard to beat: the logistic weights are pulled to it,
the trees learn what it leaves open. So with little data the model says what the baseline says, and no less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.invoice_dispute.frame import FEATURES
from features.invoice_dispute.outcome import HORIZON_DAYS
from leadline.kernel.errors import InsufficientDataError, IntegrityError
from models.framework.artefact import from_json, to_json
from models.framework.boosting import matrix, open_booster, train_booster
from models.framework.logistic import Floats, contributions, fit_logistic, logit, platt, predict_logit, sigmoid
from models.framework.risk_model import Artefact

BLEND_FILE = "blend.json"
TREES_FILE = "trees.txt"

# Fewer of either class teach nothing that the client's own rate does not know.
FEWEST_PER_CLASS = 30
CALIBRATION_SHARE = 0.3
# Trees earn their say: with this many disputed examples they count as much as the logistic half.
TREES_HALF_AT = 500
RIDGE = 200.0
PLATT_PENALTY = 20.0
ROUNDS = 120
TREES: Mapping[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.04,
    "num_leaves": 8,
    "max_depth": 3,  # shallow trees explain fast and drift little
    "min_data_in_leaf": 40,
    "lambda_l2": 20.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
}
ANCHOR = "client_dispute_rate"
LATE_ANCHOR = "client_late_rate"
# Lateness is learned and told while an invoice is young: of the old ones, only the late are left.
LATE_DAYS = 14
LATE_TOLD_DAYS = 30
RATES = tuple(name for name in FEATURES if name.endswith("_rate"))


@dataclass(frozen=True)
class Parts:
    """The two fitted models: the logistic one as numbers, the trees as LightGBM text."""

    logistic: dict[str, Any]
    trees: str


def design(frame: pl.DataFrame) -> Floats:
    """Return the feature matrix in the order of ``FEATURES``, rates as logits, missing values as nan."""
    missing = [name for name in FEATURES if name not in frame.columns]
    if missing:
        raise IntegrityError("The frame lacks features of this model.", found=f"no {', '.join(missing)}")
    x = matrix(frame, FEATURES)
    for name in RATES:
        at = FEATURES.index(name)
        x[:, at] = logit(x[:, at])
    return x


def fit_blend(examples: pl.DataFrame, *, seed: int) -> Artefact:
    """Fit, calibrate on the latest examples, refit on all, and return the artefact.

    The calibration comes from models that learned only from examples observed 90 days before the calibration window
    began (where there are enough). Equal examples and seed give equal text.

    Raises:
        InsufficientDataError: fewer than 30 disputed or 30 undisputed examples.
    """
    rows = examples.sort("observed_at", "invoice_id")
    x, y = design(rows), rows["label"].to_numpy()
    _enough(y)
    early, later = _calibration_split(rows)
    trial = _fit_parts(x[early], y[early], seed=seed)
    lines, trees = _logits(x[later], trial)
    parts = _fit_parts(x, y, seed=seed)
    weight = round(float(y.sum() / (y.sum() + TREES_HALF_AT)), 6)
    blend = {
        "features": list(FEATURES),
        "logistic": parts.logistic,
        "tree_weight": weight,
        "platt": platt(_mixed(lines, trees, weight), y[later], penalty=PLATT_PENALTY),
        "platt_logistic": platt(lines, y[later], penalty=PLATT_PENALTY),
        "anchor_mean": round(float(_anchor(x).mean()), 10),
        "late": _fit_late(rows, x),
    }
    return {BLEND_FILE: to_json(blend), TREES_FILE: parts.trees}


def predict_blend(frame: pl.DataFrame, artefact: Artefact) -> pl.DataFrame:
    """Return ``prediction`` (calibrated chance of a dispute within 90 days of issue), ``logistic`` (the permanent
    challenger's) and ``late`` (chance of payment more than 5 days late; null where it was not learned), row by row.
    """
    blend, x = _opened(artefact), design(frame)
    lines, trees = _logits(x, Parts(blend["logistic"], artefact[TREES_FILE]))
    return pl.DataFrame(
        {
            "prediction": sigmoid(_line(_mixed(lines, trees, blend["tree_weight"]), blend["platt"])),
            "logistic": sigmoid(_line(lines, blend["platt_logistic"])),
            "late": _late(frame, x, blend["late"]),
        }
    )


def explain(frame: pl.DataFrame, artefact: Artefact) -> Floats:
    """Return every feature's exact share in each row's calibrated logit (rows × ``FEATURES``), relative to an average
    invoice. Slow by nature: meant for the rows that are shown.
    """
    blend, x = _opened(artefact), design(frame)
    lines, _ = contributions(x, blend["logistic"])
    trees = np.asarray(open_booster(artefact[TREES_FILE]).predict(x, pred_contrib=True, num_threads=1))[:, :-1]
    trees[:, FEATURES.index(ANCHOR)] += _anchor(x) - blend["anchor_mean"]
    shares: Floats = blend["platt"][0] * _mixed(lines, trees, blend["tree_weight"])
    return shares


def _enough(y: Floats) -> None:
    bad, good = int((y > 0).sum()), int((y == 0).sum())
    if min(bad, good) < FEWEST_PER_CLASS:
        raise InsufficientDataError(
            "Too few invoices with a known outcome to learn disputes from.",
            expected=f"at least {FEWEST_PER_CLASS} disputed and {FEWEST_PER_CLASS} undisputed looks",
            found=f"{bad} disputed, {good} undisputed",
            next_step="land more invoices, disputes and payments; until then the client's own rate speaks",
        )


def _calibration_split(rows: pl.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return masks of the rows to fit and of the later rows to calibrate on, a horizon apart where the data allow."""
    times = rows["observed_at"]
    start = cast("datetime", times[int(rows.height * (1 - CALIBRATION_SHARE))])
    later = (times >= start).to_numpy()
    for gap in (HORIZON_DAYS, 0):
        early = (times < start - timedelta(days=gap)).to_numpy()
        if all(_both_classes(rows["label"].to_numpy()[mask]) for mask in (early, later)):
            return early, later
    everything = np.ones(rows.height, dtype=bool)
    return everything, everything


def _both_classes(y: Floats) -> bool:
    return min(int((y > 0).sum()), int((y == 0).sum())) >= FEWEST_PER_CLASS // 2


def _fit_parts(x: Floats, y: Floats, *, seed: int) -> Parts:
    trees = train_booster(x, y, names=FEATURES, params=TREES, rounds=ROUNDS, seed=seed, offset=_anchor(x))
    return Parts(fit_logistic(x, y, names=FEATURES, penalty=RIDGE, anchors={ANCHOR: 1.0}), trees)


def _fit_late(rows: pl.DataFrame, x: Floats) -> dict[str, Any] | None:
    young = pl.col("late").is_not_null() & ((pl.col("is_draft") == 1) | (pl.col("days_since_issue") <= LATE_DAYS))
    mask = rows.select(young)["late"].to_numpy()
    y = rows["late"].to_numpy()[mask]
    if min(int((y > 0).sum()), int((y == 0).sum())) < FEWEST_PER_CLASS:
        return None
    return fit_logistic(x[mask], y, names=FEATURES, penalty=RIDGE, anchors={LATE_ANCHOR: 1.0})


def _late(frame: pl.DataFrame, x: Floats, model: Mapping[str, Any] | None) -> pl.Series:
    if model is None:
        return pl.Series([None] * frame.height, dtype=pl.Float64)
    told = pl.when(frame["days_since_issue"] <= LATE_TOLD_DAYS).then(pl.Series(sigmoid(predict_logit(x, model))))
    return frame.select(told.alias("late"))["late"]


def _anchor(x: Floats) -> Floats:
    value: Floats = x[:, FEATURES.index(ANCHOR)].copy()
    return value


def _logits(x: Floats, parts: Parts) -> tuple[Floats, Floats]:
    trees = open_booster(parts.trees).predict(x, raw_score=True, num_threads=1)
    return predict_logit(x, parts.logistic), _anchor(x) + np.asarray(trees, dtype=np.float64)


def _mixed(lines: Floats, trees: Floats, weight: float) -> Floats:
    value: Floats = (1 - weight) * lines + weight * trees
    return value


def _line(raw: Floats, slope_intercept: tuple[float, float]) -> Floats:
    value: Floats = slope_intercept[0] * raw + slope_intercept[1]
    return value


def _opened(artefact: Artefact) -> dict[str, Any]:
    blend: dict[str, Any] = from_json(artefact, BLEND_FILE)
    if blend["features"] != list(FEATURES):
        raise IntegrityError(
            "The model was trained on other features than this code makes.",
            expected=f"{len(FEATURES)} features of this version",
            found=f"{len(blend['features'])} features",
            next_step="leadline train invoice_dispute",
        )
    return blend
