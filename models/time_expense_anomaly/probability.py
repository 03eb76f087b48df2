"""The learned score: rules, habits and tails into one calibrated probability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from leadline.kernel.errors import InsufficientDataError
from models.framework.artefact import from_json, to_json
from models.framework.boosting import matrix, open_booster, train_booster
from models.framework.metrics import auc
from models.framework.one_thread import one_thread
from models.framework.parameters import keep
from models.framework.risk_model import Artefact
from models.time_expense_anomaly.parameter_file import Line, Parameters
from models.time_expense_anomaly.rule_pack import Array, farthest_z, pack_score, precisions
from models.time_expense_anomaly.tails import fit_tails, tail_score

DERIVED = ("pack_logit", "farthest_z", "tail_score")
# Numbers are kept to this many digits, so that the text does not depend on the machine.
DIGITS = 10
LEARNED, TREES = "learned.json", "trees.txt"


@one_thread()
def fit_score(examples: pl.DataFrame, chosen: Parameters, *, seed: int) -> Artefact:
    """Learn from labelled lines: rule precisions, tails, trees and a logistic line, blended and calibrated.

    Calibration uses predictions on held-out spans of time. Files: ``learned.json`` and ``trees.txt``.

    Raises:
        InsufficientDataError: too few wrong (or right) lines (``examples``), or labels that no feature explains.
    """
    labelled = examples.filter(pl.col("label").is_not_null()).sort("observed_at", "object_type", "object_id")
    rows = _weighted(labelled, chosen)
    _enough(rows, chosen.examples.min_wrong)
    wanted = rows["label"].to_numpy()
    weight = rows["weight"].to_numpy()
    unseen = np.zeros(rows.height)
    for part in np.array_split(np.arange(rows.height), chosen.examples.folds):
        kept = np.setdiff1d(np.arange(rows.height), part)
        if wanted[kept].min() == wanted[kept].max():
            continue
        unseen[part] = _raw(rows[part.tolist()], _learn(rows[kept.tolist()], chosen, seed=seed), chosen)
    _telling(unseen, wanted, chosen.examples.min_auc)
    slope, offset = _calibrate(unseen, wanted, weight)
    learned = _learn(rows, chosen, seed=seed)
    content = {**learned, "slope": slope, "offset": offset, "rate": float(np.average(wanted, weights=weight))}
    trees = content.pop(TREES)
    return {LEARNED: to_json(content), TREES: trees, **keep(chosen)}


@one_thread()
def probability(rows: pl.DataFrame, artefact: Artefact) -> Array:
    """Return the calibrated probability that each line is wrong."""
    learned = {**from_json(artefact, LEARNED), TREES: artefact[TREES]}
    chosen = Parameters.trained_with(artefact)
    return _probability(learned["slope"] * _raw(rows, learned, chosen) + learned["offset"], chosen.chance.edge)


def _weighted(rows: pl.DataFrame, chosen: Parameters) -> pl.DataFrame:
    """Let decisions outweigh the source's silence, once there are enough of them."""
    decided = pl.col("label_source") == "decision"
    if rows.filter(decided & (pl.col("label") > 0)).height < chosen.examples.min_wrong:
        return rows
    silent = ~decided & (pl.col("label") == 0)
    return rows.with_columns(weight=pl.when(silent).then(chosen.examples.source_weight).otherwise(pl.col("weight")))


def _telling(score: Array, label: Array, least: float) -> None:
    held_out = pl.DataFrame({"label": label, "score": score})
    if (found := auc(held_out, "score")) < least:
        raise InsufficientDataError(
            "The outcome of past lines cannot be predicted from their features.",
            where="time_expense_anomaly",
            expected=f"an AUC of at least {least} on held-out lines",
            found=f"{found:.3f}",
            next_step="decide exceptions in the queue; until then the rules with their priors are used",
        )


def _enough(rows: pl.DataFrame, least: int) -> None:
    wrong = int(rows["label"].sum()) if rows.height else 0
    if min(wrong, rows.height - wrong) < least:
        raise InsufficientDataError(
            "Too few decided lines to learn from.",
            where="time_expense_anomaly",
            expected=f"at least {least} lines found wrong and as many found right",
            found=f"{wrong} wrong of {rows.height}",
            next_step="decide more exceptions; until then the rules with their priors are used",
        )


def _learn(rows: pl.DataFrame, chosen: Parameters, *, seed: int) -> dict[str, Any]:
    learned: dict[str, Any] = {"precisions": precisions(chosen, rows), "tails": fit_tails(rows, chosen.tails)}
    x, y, weight = _inputs(rows, learned, chosen), rows["label"].to_numpy(), rows["weight"].to_numpy()
    names, params = (*chosen.inputs, *DERIVED), {"objective": "binary", **chosen.trees.lightgbm()}
    even = weight / weight.mean()
    learned[TREES] = train_booster(x, y, names=names, params=params, rounds=chosen.trees.rounds, seed=seed, weight=even)
    return {**learned, **_line(x, y, even, chosen.line)}


def _inputs(rows: pl.DataFrame, learned: Mapping[str, Any], chosen: Parameters) -> Array:
    edge = chosen.chance.edge
    pack = np.clip(pack_score(rows, learned["precisions"], quiet=chosen.pack.quiet), edge, 1 - edge)
    derived = (_logit(pack), farthest_z(rows), tail_score(rows, learned["tails"], chosen.tails))
    return np.column_stack([matrix(rows, chosen.inputs), *derived])


def _line(x: Array, y: Array, weight: Array, chosen: Line) -> dict[str, Any]:
    """Fit the logistic line on standardised inputs; unknown stands for the mean."""
    from sklearn.linear_model import LogisticRegression

    seen = ~np.isnan(x)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, x, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(seen, (x - mean) ** 2, 0.0).sum(axis=0) / count)
    scale = np.where(spread > 1e-9, spread, 1.0)
    line = LogisticRegression(C=chosen.penalty, solver="newton-cholesky", max_iter=100, tol=1e-8)
    line.fit(_standard(x, mean, scale, chosen.farthest), y, sample_weight=weight)
    return {
        "mean": _rounded(mean),
        "scale": _rounded(scale),
        "coefficients": _rounded(line.coef_[0]),
        "intercept": round(float(line.intercept_[0]), DIGITS),
    }


def _rounded(values: Array) -> list[float]:
    return [round(float(value), DIGITS) for value in values]


def _standard(x: Array, mean: Array, scale: Array, farthest: float) -> Array:
    standard = np.where(np.isnan(x), 0.0, (x - mean) / scale)
    return np.asarray(np.clip(standard, -farthest, farthest), dtype=np.float64)


def _raw(rows: pl.DataFrame, learned: Mapping[str, Any], chosen: Parameters) -> Array:
    """Mean log-odds of trees and line, before calibration."""
    if not rows.height:
        return np.zeros(0)
    x = _inputs(rows, learned, chosen)
    standard = _standard(x, np.asarray(learned["mean"]), np.asarray(learned["scale"]), chosen.line.farthest)
    line = standard @ np.asarray(learned["coefficients"]) + learned["intercept"]
    trees = np.asarray(open_booster(learned[TREES]).predict(x, raw_score=True), dtype=np.float64)
    return np.asarray(0.5 * line + 0.5 * trees, dtype=np.float64)


def _calibrate(score: Array, label: Array, weight: Array) -> tuple[float, float]:
    """Platt's line; a score that points the wrong way is replaced by the base rate."""
    from sklearn.linear_model import LogisticRegression

    platt = LogisticRegression(C=1e4, max_iter=400).fit(score.reshape(-1, 1), label, sample_weight=weight)
    slope = float(platt.coef_[0][0])
    if slope > 0:
        return round(slope, DIGITS), round(float(platt.intercept_[0]), DIGITS)
    return 0.0, float(_logit(np.average(label, weights=weight)))


@one_thread()
def calibrated(train: Array, label: Array, test: Array, *, edge: float) -> Array:
    """Return a baseline's score as probability, by Platt's line on the training rows (for benchmarks)."""
    slope, offset = _calibrate(train, label, np.ones(len(label)))
    return _probability(slope * test + offset, edge)


def _logit(p: Any) -> Any:
    return np.log(p) - np.log1p(-p)


def _probability(score: Array, edge: float) -> Array:
    return np.asarray(np.clip(1.0 / (1.0 + np.exp(-score)), edge, 1 - edge), dtype=np.float64)
