"""Unpriced scope: the chance that work on an open project is priced, or given away, within 120 days."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from leadline.kernel.errors import InsufficientDataError
from models.framework.artefact import from_json, to_json
from models.framework.boosting import matrix, open_booster, train_booster
from models.framework.metrics import auc, average_precision, brier, ece
from models.framework.parameters import keep
from models.framework.risk_model import Artefact, Benchmark
from models.revenue_leakage.parameter_file import Parameters, Scope, parameters

Array = npt.NDArray[np.float64]

LINE, TREES = "scope.json", "scope.txt"
MOST_REASONS = 3


def fit_scope(examples: pl.DataFrame, chosen: Parameters, *, seed: int) -> Artefact:
    """Train the chance: the mean, in log-odds, of a logistic regression and small trees.

    Both are held back strongly: a firm has tens of such projects a year.

    Raises:
        InsufficientDataError: too few projects with an outcome, or of either kind (``examples``).
    """
    rows = examples.drop_nulls("label").sort("observed_at", "project_id")
    _check_enough(rows, chosen)
    names, trees = chosen.inputs, chosen.scope.trees
    inputs, answer = matrix(rows, names), rows["label"].cast(pl.Float64).to_numpy()
    line = {"names": list(names), **_fit_line(inputs, answer, chosen.scope), "base_rate": float(answer.mean())}
    params = {"objective": "binary", **trees.lightgbm()}
    text = train_booster(inputs, answer, names=names, params=params, rounds=trees.rounds, seed=seed)
    return {LINE: to_json(line), TREES: text, **keep(chosen)}


def predict_scope(rows: pl.DataFrame, artefact: Artefact | None) -> Array:
    """Return the chance of each row; without an artefact, what the hours-over-plan rule says."""
    if artefact is None:
        rule = parameters().rule
        over = (pl.col("hours_over_pace") > rule.pace).fill_null(False)
        return rows.select(pl.when(over).then(rule.over).otherwise(rule.within).alias("chance"))["chance"].to_numpy()
    if not rows.height:
        return np.zeros(0)
    chosen = Parameters.trained_with(artefact)
    inputs, line, edge = matrix(rows, chosen.inputs), from_json(artefact, LINE), chosen.scope.edge
    straight = _standard(inputs, line, chosen.scope) @ np.asarray(line["coefficients"]) + line["intercept"]
    trees = np.asarray(open_booster(artefact[TREES]).predict(inputs, raw_score=True))
    return np.clip(_chance((straight + trees) / 2), edge, 1 - edge)


def alert_from(artefact: Artefact | None) -> float:
    """Return the chance from which a project is shown: the base rate, or what the rule says of projects over pace."""
    return parameters().rule.over if artefact is None else float(from_json(artefact, LINE)["base_rate"])


def reasons_of(rows: pl.DataFrame, artefact: Artefact | None) -> list[list[tuple[str, float]]]:
    """Return, per row, the inputs that raise its chance most, with their share in the log-odds."""
    if artefact is None or not rows.height:
        return [[("hours_over_pace", 1.0)] for _ in range(rows.height)]
    chosen = Parameters.trained_with(artefact)
    inputs, line = matrix(rows, chosen.inputs), from_json(artefact, LINE)
    trees = np.asarray(open_booster(artefact[TREES]).predict(inputs, pred_contrib=True))[:, :-1]
    shares = (_standard(inputs, line, chosen.scope) * np.asarray(line["coefficients"]) + trees) / 2
    named = [zip(chosen.inputs, row.tolist(), strict=True) for row in shares]
    ranked = [sorted(row, key=lambda one: (-one[1], one[0])) for row in named]
    return [[(name, round(share, 6)) for name, share in row[:MOST_REASONS] if share > 0] for row in ranked]


def scope_benchmark(train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Benchmark:
    """Set the model beside the hours-over-plan rule (its ratio, made a probability on ``train``) and the base rate."""
    learned = train.drop_nulls("label")
    answer = learned["label"].cast(pl.Float64).to_numpy()
    chosen = parameters()
    scope, edge = chosen.scope, chosen.scope.edge
    rule = _fit_line(_pace(learned), answer, scope)
    ruled = _chance(_standard(_pace(test), rule, scope) @ np.asarray(rule["coefficients"]) + rule["intercept"])
    frame = test.select(
        pl.col("project_id").alias("group"),
        "label",
        pl.col("unpriced_value").alias("money"),
        pl.Series("model", predict_scope(test, fit_scope(train, chosen, seed=seed))),
        pl.Series("hours_over_plan", np.clip(ruled, edge, 1 - edge)),
        pl.lit(float(answer.mean())).alias("base_rate"),
    )
    metrics = {"brier↓": brier, "auc↑": auc, "average_precision↑": average_precision, "ece↓": ece}
    return Benchmark(frame=frame, candidates=("model", "hours_over_plan", "base_rate"), metrics=metrics)


def _pace(rows: pl.DataFrame) -> Array:
    return rows["hours_over_pace"].fill_null(1.0).to_numpy()[:, None]


def _fit_line(inputs: Array, answer: Array, scope: Scope) -> dict[str, Any]:
    """Fit a logistic regression; unknowns are filled with the median, inputs that never move count for nothing."""
    from sklearn.linear_model import LogisticRegression

    reader = ~np.isnan(inputs)
    middle = [_median(column) for column in inputs.T]
    filled = np.where(reader, inputs, np.asarray(middle))
    spread = filled.std(axis=0)
    scaling = {
        "middle": middle,
        "mean": filled.mean(axis=0).tolist(),
        "spread": np.where(spread > 1e-9, spread, 0.0).tolist(),
    }
    line = LogisticRegression(C=scope.penalty, max_iter=500, tol=1e-6)
    line.fit(_standard(inputs, scaling, scope), answer)
    return {**scaling, "coefficients": line.coef_[0].tolist(), "intercept": float(line.intercept_[0])}


def _median(column: Array) -> float:
    seen = column[~np.isnan(column)]
    return float(np.median(seen)) if len(seen) else 0.0


def _standard(inputs: Array, scaling: Any, scope: Scope) -> Array:
    spread = np.asarray(scaling["spread"])
    filled = np.where(np.isnan(inputs), np.asarray(scaling["middle"]), inputs)
    standard = (filled - np.asarray(scaling["mean"])) / np.where(spread > 0, spread, 1.0)
    farthest = scope.farthest
    return np.asarray(np.clip(np.where(spread > 0, standard, 0.0), -farthest, farthest), dtype=np.float64)


def _chance(line: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(line, -30, 30))), dtype=np.float64)


def _check_enough(rows: pl.DataFrame, chosen: Parameters) -> None:
    projects = rows["project_id"].n_unique()
    yes, no = (rows.filter(pl.col("label") == answer)["project_id"].n_unique() for answer in (1, 0))
    least, each = chosen.examples.min_projects, chosen.examples.min_each
    if projects < least or min(yes, no) < each:
        raise InsufficientDataError(
            "Too few projects with an agreed price have had time to show unpriced scope.",
            where="revenue_leakage, unpriced scope",
            expected=f"at least {least} projects with a known outcome, {each} of either kind",
            found=f"{projects} projects, {yes} with scope priced later, {no} without",
            next_step="score without training: the exact classes need none, and the hours-over-plan rule covers scope",
        )
