"""Unpriced scope: the chance that work on an open project is priced, or given away, within 120 days."""

from __future__ import annotations

import numpy as np
import polars as pl

from features.revenue_leakage import FEATURES
from leadline.kernel.errors import InsufficientDataError
from models.artefact import from_json, to_json
from models.boosting import matrix
from models.margin_erosion_chance import (
    EDGE,
    Sample,
    base_rate,
    calibrated_score,
    contributions,
    fit_chance,
    predict_chance,
)
from models.margin_erosion_rows import Array
from models.metrics import auc, average_precision, brier, ece
from models.risk_model import Artefact, Contest

NAME = "scope"
MIN_PROJECTS = 30
MIN_EACH = 8
# The rule of thumb without any training: hours over the pace of the plan, and what such projects then did in trials.
RULE_PACE = 1.1
RULE_OVER = 0.4
RULE_WITHIN = 0.2
MOST_REASONS = 3


def fit_scope(examples: pl.DataFrame, *, seed: int) -> Artefact:
    """Train the chance: a logistic regression blended with small trees, calibrated on projects left out.

    Raises:
        InsufficientDataError: fewer than 30 projects with an outcome, or fewer than 8 of either kind.
    """
    rows = examples.drop_nulls("label").sort("observed_at", "project_id")
    sample = Sample(
        names=FEATURES,
        inputs=matrix(rows, FEATURES),
        answer=rows["label"].cast(pl.Float64).to_numpy(),
        groups=rows["project_id"].to_numpy(),
    )
    _check_enough(sample)
    files = fit_chance(sample, name=NAME, seed=seed)
    return {**files, "decision.json": to_json({"alert_from": base_rate(files, name=NAME)})}


def predict_scope(rows: pl.DataFrame, artefact: Artefact | None) -> Array:
    """Return the chance of each row; without an artefact, what the hours-over-plan rule says."""
    if artefact is None:
        over = (pl.col("hours_over_pace") > RULE_PACE).fill_null(False)
        rule = pl.when(over).then(RULE_OVER).otherwise(RULE_WITHIN)
        return rows.select(rule.alias("chance"))["chance"].to_numpy()
    return predict_chance(matrix(rows, FEATURES), artefact, name=NAME)


def alert_from(artefact: Artefact | None) -> float:
    """Return the chance from which a project is shown: the base rate, or what the rule says of projects over pace."""
    return RULE_OVER if artefact is None else float(from_json(artefact, "decision.json")["alert_from"])


def reasons_of(rows: pl.DataFrame, artefact: Artefact | None) -> list[list[tuple[str, float]]]:
    """Return, per row, the inputs that raise its chance most, with their share in the log-odds."""
    if artefact is None or not rows.height:
        return [[("hours_over_pace", 1.0)] for _ in range(rows.height)]
    shares = contributions(matrix(rows, FEATURES), artefact, name=NAME)
    ranked = [sorted(zip(FEATURES, row.tolist(), strict=True), key=lambda one: (-one[1], one[0])) for row in shares]
    return [[(name, round(share, 6)) for name, share in row[:MOST_REASONS] if share > 0] for row in ranked]


def contest_scope(train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Contest:
    """Set the model beside the hours-over-plan rule (its ratio, made a probability on ``train``) and the base rate."""
    learned = train.drop_nulls("label")
    answer = learned["label"].cast(pl.Float64).to_numpy()
    groups = learned["project_id"].to_numpy()
    ratio = pl.col("hours_over_pace").fill_null(1.0).alias("ratio")
    rule = calibrated_score(
        learned.select(ratio)["ratio"].to_numpy(), answer, groups, test.select(ratio)["ratio"].to_numpy()
    )
    frame = test.select(
        pl.col("project_id").alias("group"),
        "label",
        pl.col("unpriced_value").alias("money"),
        pl.Series("model", predict_scope(test, fit_scope(train, seed=seed))),
        pl.Series("hours_over_plan", np.clip(rule, EDGE, 1 - EDGE)),
        pl.lit(float(answer.mean())).alias("base_rate"),
    )
    metrics = {"brier↓": brier, "auc↑": auc, "average_precision↑": average_precision, "ece↓": ece}
    return Contest(frame=frame, contenders=("model", "hours_over_plan", "base_rate"), metrics=metrics)


def _check_enough(sample: Sample) -> None:
    projects = len(np.unique(sample.groups))
    yes, no = (len(np.unique(sample.groups[sample.answer == answer])) for answer in (1, 0))
    if projects < MIN_PROJECTS or min(yes, no) < MIN_EACH:
        raise InsufficientDataError(
            "Too few projects with an agreed price have had time to show unpriced scope.",
            where="revenue_leakage, unpriced scope",
            expected=f"at least {MIN_PROJECTS} projects with a known outcome, {MIN_EACH} of either kind",
            found=f"{projects} projects, {yes} with scope priced later, {no} without",
            next_step="score without training: the exact classes need none, the hours-over-plan rule speaks for scope",
        )
