"""What a score is worth: money saved at the reviewers' capacity, against other ways of choosing what to review."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from leadline.evaluator.sealed import BASE_USD
from leadline.evaluator.trial import Trial

# How many objects reviewers can handle per as-of, a week of their time.
CAPACITY = {"invoice_dispute": 10, "margin_erosion": 3, "time_expense_anomaly": 20}
RANDOM_DRAWS = 20
NOTHING, RANDOM, OLDEST, LARGEST, RULES, MODEL, ORACLE = (
    "do nothing",
    "random",
    "oldest first",
    "largest first",
    "best rule",
    "model",
    "oracle",
)


@dataclass(frozen=True)
class DecisionValue:
    """What one policy saves: ``value`` in ``unit``, the mean over worlds, held-out windows and seeds.

    ``share`` is its part of what the oracle saves, who knows both potential outcomes.
    """

    score: str
    policy: str
    value: float
    unit: str
    share: float
    capacity: str


Scores = Mapping[str, pl.Expr]


def decision_values(trials: Sequence[Trial]) -> list[DecisionValue]:
    """Return the value of every policy for one score, least to most informed."""
    score = trials[0].score
    if score in REVIEWED:
        worlds_values = [_reviewed(frame, trial) for trial in trials for fold in trial.folds for frame in fold]
        capacity, unit = f"{CAPACITY[score]} per as-of", "USD"
    elif score == "staffing_match":
        worlds_values = [_fits(frame, trial) for trial in trials for fold in trial.folds for frame in fold]
        capacity, unit = "first choice of every request", "fit gained over the desk"
    elif score == "pipeline_capacity":
        worlds_values = [_mismatch(frame, trial) for trial in trials for fold in trial.folds for frame in fold]
        capacity, unit = "all cells, 13 weeks ahead", "FTE of mismatch avoided"
    else:
        return []
    means = {policy: float(np.mean([values[policy] for values in worlds_values])) for policy in worlds_values[0]}
    most = means.get(ORACLE, float("nan"))
    return [
        DecisionValue(score, policy, value, unit, value / most if most else float("nan"), capacity)
        for policy, value in means.items()
    ]


def _usd() -> pl.Expr:
    return pl.col("currency").replace_strict(BASE_USD, default=1.0, return_dtype=pl.Float64)


def _invoice(frame: pl.DataFrame) -> pl.DataFrame:
    saved = (pl.col("lost") - pl.col("lost_reviewed")) * _usd()
    return frame.with_columns(
        saved=saved,
        size=pl.col("money").cast(pl.Float64),
        since=pl.col("invoice_id").rank("ordinal").cast(pl.Float64),
        review_period=pl.col("observed_at").rank("dense"),
    )


def _project(frame: pl.DataFrame) -> pl.DataFrame:
    saved = (pl.col("true_final_cost") - pl.col("final_cost_reviewed")) * _usd()
    return frame.with_columns(
        saved=saved,
        size=pl.col("money") * _usd(),
        since=pl.col("begins_on").to_physical().cast(pl.Float64),
        review_period=pl.col("observed_at").dt.truncate("1w").rank("dense"),
    )


def _line(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        saved=pl.col("worth").fill_null(0.0).abs() * _usd(),
        size=pl.col("money"),
        since=pl.col("object_id").rank("ordinal").cast(pl.Float64),
        review_period=pl.col("observed_at").rank("dense"),
    )


REVIEWED: Mapping[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "invoice_dispute": _invoice,
    "margin_erosion": _project,
    "time_expense_anomaly": _line,
}


def _reviewed(frame: pl.DataFrame, trial: Trial) -> dict[str, float]:
    """Return what each policy saves when only so many objects are reviewed per as-of; in USD at base rates.

    Model and rule weigh probability by size; the best rule is the baseline that turns out to save most, which flatters
    it. Where sizes are not known there is no policy by size.
    """
    rows = REVIEWED[trial.score](frame)
    many = CAPACITY[trial.score]
    rng = np.random.default_rng(0)
    chance = [
        _saved(rows.with_columns(order=pl.Series(rng.random(rows.height))), pl.col("order"), many)
        for _ in range(RANDOM_DRAWS)
    ]
    by_size = {LARGEST: _saved(rows, pl.col("size"), many)} if rows["size"].n_unique() > 1 else {}
    return {
        NOTHING: 0.0,
        RANDOM: float(np.mean(chance)),
        OLDEST: _saved(rows, -pl.col("since"), many),
        **by_size,
        RULES: max(_saved(rows, pl.col(name) * pl.col("size"), many) for name in trial.baselines),
        MODEL: _saved(rows, pl.col(trial.model) * pl.col("size"), many),
        ORACLE: _saved(rows, pl.col("saved"), many),
    }


def _saved(rows: pl.DataFrame, priority: pl.Expr, many: int) -> float:
    place = priority.rank("ordinal", descending=True).over("review_period")
    return float(rows.filter(place <= many)["saved"].sum())


def _fits(frame: pl.DataFrame, trial: Trial) -> dict[str, float]:
    """Return the mean true fit of each policy's first choice, over that of the person the desk picked."""
    fit = trial.metrics["fit_of_first↑"]
    desk = fit(frame, "desk")
    mean = frame.group_by("query").agg(pl.col("label").mean())["label"].mean()
    rules = [name for name in trial.baselines if name != "desk"]
    return {
        NOTHING: 0.0,
        RANDOM: float(mean) - desk if isinstance(mean, float) else float("nan"),
        RULES: max(fit(frame, name) for name in rules) - desk,
        MODEL: fit(frame, trial.model) - desk,
        ORACLE: fit(frame, "full_latent") - desk,
    }


def _mismatch(frame: pl.DataFrame, trial: Trial) -> dict[str, float]:
    """Return by how many full-time equivalents a plan misses less than one that follows the sellers' weighted word."""
    rows = frame.filter((pl.col("kind") == "demand") & (pl.col("horizon") == 13)).drop_nulls("label")

    def missed(name: str) -> float:
        value = rows.group_by("observed_at").agg((pl.col(name) - pl.col("label")).abs().sum())[name].mean()
        return float(value) if isinstance(value, float) else float("nan")

    usual = missed("crm_weighted")
    rules = [name for name in trial.baselines if name != "crm_weighted"]
    return {
        NOTHING: 0.0,
        RULES: usual - min(missed(name) for name in rules),
        MODEL: usual - missed(trial.model),
        ORACLE: usual - missed("observable_bayes"),
    }
