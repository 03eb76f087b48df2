"""Unpriced scope: the chance that work on an open project is priced, or given away, within 120 days."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from features.revenue_leakage.frame import FEATURES
from leadline.kernel.errors import InsufficientDataError
from models.framework.artefact import from_json, to_json
from models.framework.boosting import matrix, open_booster, train_booster
from models.framework.metrics import auc, average_precision, brier, ece
from models.framework.risk_model import Artefact, Benchmark

Array = npt.NDArray[np.float64]

LINE, TREES = "scope.json", "scope.txt"
MIN_PROJECTS = 30
MIN_EACH = 8
PENALTY = 0.03
ROUNDS = 60
PARAMS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 5,
    "min_data_in_leaf": 40,
    "lambda_l2": 10.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
}
FARTHEST = 4.0  # spreads from the mean: the line must not follow an input further than it was seen to go
EDGE = 0.005  # no probability is stated beyond one in two hundred: the past is too short to know
# The rule of thumb without any training: hours over the pace of the plan, and what such projects then did in trials.
RULE_PACE = 1.1
RULE_OVER = 0.4
RULE_WITHIN = 0.2
MOST_REASONS = 3


def fit_scope(examples: pl.DataFrame, *, seed: int) -> Artefact:
    """Train the chance: the mean, in log-odds, of a logistic regression and small trees.

    Both are held back strongly: a firm has tens of such projects a year.

    Raises:
        InsufficientDataError: fewer than 30 projects with an outcome, or fewer than 8 of either kind.
    """
    rows = examples.drop_nulls("label").sort("observed_at", "project_id")
    _check_enough(rows)
    inputs, answer = matrix(rows, FEATURES), rows["label"].cast(pl.Float64).to_numpy()
    line = _fit_line(inputs, answer)
    text = train_booster(inputs, answer, names=FEATURES, params=PARAMS, rounds=ROUNDS, seed=seed)
    return {LINE: to_json({"names": list(FEATURES), **line, "base_rate": float(answer.mean())}), TREES: text}


def predict_scope(rows: pl.DataFrame, artefact: Artefact | None) -> Array:
    """Return the chance of each row; without an artefact, what the hours-over-plan rule says."""
    if artefact is None:
        over = (pl.col("hours_over_pace") > RULE_PACE).fill_null(False)
        rule = pl.when(over).then(RULE_OVER).otherwise(RULE_WITHIN)
        return rows.select(rule.alias("chance"))["chance"].to_numpy()
    if not rows.height:
        return np.zeros(0)
    inputs, line = matrix(rows, FEATURES), from_json(artefact, LINE)
    straight = _standard(inputs, line) @ np.asarray(line["coefficients"]) + line["intercept"]
    trees = np.asarray(open_booster(artefact[TREES]).predict(inputs, raw_score=True))
    return np.clip(_chance((straight + trees) / 2), EDGE, 1 - EDGE)


def alert_from(artefact: Artefact | None) -> float:
    """Return the chance from which a project is shown: the base rate, or what the rule says of projects over pace."""
    return RULE_OVER if artefact is None else float(from_json(artefact, LINE)["base_rate"])


def reasons_of(rows: pl.DataFrame, artefact: Artefact | None) -> list[list[tuple[str, float]]]:
    """Return, per row, the inputs that raise its chance most, with their share in the log-odds."""
    if artefact is None or not rows.height:
        return [[("hours_over_pace", 1.0)] for _ in range(rows.height)]
    inputs, line = matrix(rows, FEATURES), from_json(artefact, LINE)
    trees = np.asarray(open_booster(artefact[TREES]).predict(inputs, pred_contrib=True))[:, :-1]
    shares = (_standard(inputs, line) * np.asarray(line["coefficients"]) + trees) / 2
    ranked = [sorted(zip(FEATURES, row.tolist(), strict=True), key=lambda one: (-one[1], one[0])) for row in shares]
    return [[(name, round(share, 6)) for name, share in row[:MOST_REASONS] if share > 0] for row in ranked]


def contest_scope(train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Benchmark:
    """Set the model beside the hours-over-plan rule (its ratio, made a probability on ``train``) and the base rate."""
    learned = train.drop_nulls("label")
    answer = learned["label"].cast(pl.Float64).to_numpy()
    rule = _fit_line(_pace(learned), answer)
    ruled = _chance(_standard(_pace(test), rule) @ np.asarray(rule["coefficients"]) + rule["intercept"])
    frame = test.select(
        pl.col("project_id").alias("group"),
        "label",
        pl.col("unpriced_value").alias("money"),
        pl.Series("model", predict_scope(test, fit_scope(train, seed=seed))),
        pl.Series("hours_over_plan", np.clip(ruled, EDGE, 1 - EDGE)),
        pl.lit(float(answer.mean())).alias("base_rate"),
    )
    metrics = {"brier↓": brier, "auc↑": auc, "average_precision↑": average_precision, "ece↓": ece}
    return Benchmark(frame=frame, candidates=("model", "hours_over_plan", "base_rate"), metrics=metrics)


def _pace(rows: pl.DataFrame) -> Array:
    return rows["hours_over_pace"].fill_null(1.0).to_numpy()[:, None]


def _fit_line(inputs: Array, answer: Array) -> dict[str, Any]:
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
    line = LogisticRegression(C=PENALTY, max_iter=500, tol=1e-6).fit(_standard(inputs, scaling), answer)
    return {**scaling, "coefficients": line.coef_[0].tolist(), "intercept": float(line.intercept_[0])}


def _median(column: Array) -> float:
    seen = column[~np.isnan(column)]
    return float(np.median(seen)) if len(seen) else 0.0


def _standard(inputs: Array, scaling: Any) -> Array:
    spread = np.asarray(scaling["spread"])
    filled = np.where(np.isnan(inputs), np.asarray(scaling["middle"]), inputs)
    standard = (filled - np.asarray(scaling["mean"])) / np.where(spread > 0, spread, 1.0)
    return np.asarray(np.clip(np.where(spread > 0, standard, 0.0), -FARTHEST, FARTHEST), dtype=np.float64)


def _chance(line: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(line, -30, 30))), dtype=np.float64)


def _check_enough(rows: pl.DataFrame) -> None:
    projects = rows["project_id"].n_unique()
    yes, no = (rows.filter(pl.col("label") == answer)["project_id"].n_unique() for answer in (1, 0))
    if projects < MIN_PROJECTS or min(yes, no) < MIN_EACH:
        raise InsufficientDataError(
            "Too few projects with an agreed price have had time to show unpriced scope.",
            where="revenue_leakage, unpriced scope",
            expected=f"at least {MIN_PROJECTS} projects with a known outcome, {MIN_EACH} of either kind",
            found=f"{projects} projects, {yes} with scope priced later, {no} without",
            next_step="score without training: the exact classes need none, the hours-over-plan rule speaks for scope",
        )
