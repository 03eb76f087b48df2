"""One score in one simulated world: its held-out predictions beside the best that could be known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from leadline.evaluator.sealed import read
from models.framework.metrics import auc, average_precision, brier, ndcg_at
from models.framework.risk_model import Benchmark, Metric
from models.pipeline_capacity.simulation import crps
from models.time_expense_anomaly.baselines import precision_at_reviews

# The candidates that only the truth knows: the best answer from what was visible, and from all latents.
CEILING, FULL = "observable_bayes", "full_latent"
REVIEWS_A_WEEK = 60
LEVEL = 0.8


@dataclass(frozen=True)
class Trial:
    """Held-out frames by fold and seed, with the truth's candidates joined in.

    ``baselines`` are what the model must beat; ``truths`` those of :data:`CEILING` and :data:`FULL` that exist.
    ``metrics`` name -> function of frame and candidate; names end in their direction.
    """

    score: str
    world: str
    folds: list[list[pl.DataFrame]]
    model: str
    baselines: tuple[str, ...]
    truths: tuple[str, ...]
    metrics: Mapping[str, Metric]

    @property
    def candidates(self) -> tuple[str, ...]:
        """All candidates, the model first and the truth last."""
        return (self.model, *self.baselines, *self.truths)


def trial(score: str, world: Path, held: list[list[Benchmark]]) -> Trial:
    """Join the sealed truth to a score's benchmarks.

    Raises:
        IntegrityError: the world's truth lacks what the score needs.
    """
    first = held[0][0]
    bare = Trial(
        score=score,
        world=world.name,
        folds=[[benchmark.frame for benchmark in fold] for fold in held],
        model=first.candidates[0],
        baselines=first.candidates[1:],
        truths=(CEILING, FULL),
        metrics=first.metrics,
    )
    return JOINS[score](bare, world)


def _mapped(bare: Trial, change: Callable[[pl.DataFrame], pl.DataFrame]) -> list[list[pl.DataFrame]]:
    """Change every frame; folds in which nothing is left are dropped."""
    folds = [[change(frame) for frame in fold] for fold in bare.folds]
    return [fold for fold in folds if fold[0].height]


def _invoice_dispute(bare: Trial, world: Path) -> Trial:
    """Drafts only: after issue, silence is news that the ceiling does not count."""
    columns = {"observable": CEILING, "chance": FULL, "lost": "lost", "lost_reviewed": "lost_reviewed"}
    reader = read(world, "disputes").select(
        "invoice_id", "currency", pl.col(columns).name.map(lambda name: columns[name])
    )
    folds = _mapped(
        bare,
        lambda frame: (
            frame.filter(pl.col("is_draft") == 1)
            .sort("invoice_id", "observed_at")
            .unique("invoice_id", keep="last", maintain_order=True)
            .join(reader, on="invoice_id", maintain_order="left")
        ),
    )
    metrics = {"auc↑": auc, "average_precision↑": average_precision, "brier↓": brier}
    return replace(bare, folds=folds, metrics=metrics)


def _margin_erosion(bare: Trial, world: Path) -> Trial:
    """The last as-of of each project in the first quarter of its planned life."""
    reader = read(world, "projects").select(
        "project_id",
        "currency",
        "begins_on",
        "quarter_on",
        "final_cost_reviewed",
        pl.col("final_cost").alias("true_final_cost"),
        pl.col("observable").alias(CEILING),
        pl.col("chance").alias(FULL),
    )

    def early(frame: pl.DataFrame) -> pl.DataFrame:
        seen = pl.col("observed_at").dt.date().is_between("begins_on", "quarter_on")
        joined = frame.join(reader, on="project_id", maintain_order="left").filter(seen).drop_nulls("label")
        return joined.sort("project_id", "observed_at").unique("project_id", keep="last", maintain_order=True)

    return replace(
        bare,
        folds=_mapped(bare, early),
        metrics={"auc↑": auc, "average_precision↑": average_precision, "brier↓": brier},
    )


def _pipeline_capacity(bare: Trial, world: Path) -> Trial:
    """Deals by what could be believed on the day; demand by the true process run forward."""
    beliefs = read(world, "deal_beliefs").select(
        pl.col("opportunity_id").alias("row_id"),
        pl.col("as_of").alias("day"),
        pl.col("observable_13w").alias(CEILING),
        pl.col("chance_13w").alias(FULL),
    )
    demand = read(world, "demand").select(
        pl.col("as_of").alias("day"),
        pl.format("{}:{}", "role", "region").alias("group"),
        pl.col("weeks_ahead").cast(pl.Int64).alias("horizon"),
        "draws",
    )

    def joined(frame: pl.DataFrame) -> pl.DataFrame:
        rows = frame.with_columns(pl.col("observed_at").dt.date().alias("day"))
        deals = rows.filter(pl.col("kind") == "deal").join(beliefs, on=["row_id", "day"], maintain_order="left")
        work = rows.filter(pl.col("kind") == "demand").join(
            demand, on=["day", "group", "horizon"], maintain_order="left"
        )
        return pl.concat([deals, _run_forward(work)], how="diagonal_relaxed").sort("kind", "day", "row_id", "horizon")

    wanted = ("win_auc↑", "win_brier↓", "crps_13_weeks↓")
    return replace(bare, folds=_mapped(bare, joined), metrics={name: bare.metrics[name] for name in wanted})


def _run_forward(work: pl.DataFrame) -> pl.DataFrame:
    drawn = work["draws"].list.to_array(work["draws"].list.len().max() or 1).to_numpy().T  # type: ignore[arg-type]
    label = work["label"].cast(pl.Float64).to_numpy()
    tail = (1 - LEVEL) / 2
    columns_of = {"": drawn.mean(axis=0), "_crps": crps(drawn, label)}
    columns_of |= {"_low": np.quantile(drawn, tail, axis=0), "_high": np.quantile(drawn, 1 - tail, axis=0)}
    columns = [pl.Series(f"{name}{ending}", value) for name in (CEILING, FULL) for ending, value in columns_of.items()]
    return work.drop("draws").with_columns(columns)


def _revenue_leakage(bare: Trial, world: Path) -> Trial:  # noqa: ARG001 (one signature for all scores)
    """Scope that a later change order prices: no closed form says how much of that could be known.

    What is planted exactly is judged apart, see :mod:`leadline.evaluator.leaks`.
    """
    metrics = {"auc↑": auc, "average_precision↑": average_precision, "brier↓": brier}
    return replace(bare, folds=_mapped(bare, lambda frame: frame.drop_nulls("label")), truths=(), metrics=metrics)


def _time_expense_anomaly(bare: Trial, world: Path) -> Trial:
    """Judged by what was planted, not by what reviewers noticed; the ceiling knows all that was planted."""
    time, money = read(world, "time_anomalies"), read(world, "expense_anomalies")
    planted = pl.concat(
        [
            time.select(pl.col("time_entry_id").alias("object_id"), pl.col("cost").alias("worth"), "currency", "grade"),
            money.select(pl.col("expense_id").alias("object_id"), pl.col("amount").alias("worth"), "currency", "grade"),
        ]
    ).with_columns(pl.lit(1.0).alias(FULL))

    def joined(frame: pl.DataFrame) -> pl.DataFrame:
        rows = frame.join(planted, on="object_id", how="left", maintain_order="left")
        return rows.with_columns(pl.col(FULL).fill_null(0.0)).with_columns(label=pl.col(FULL))

    metrics = {
        "average_precision↑": average_precision,
        f"precision_at_{REVIEWS_A_WEEK}_a_week↑": precision_at_reviews(REVIEWS_A_WEEK),
    }
    return replace(bare, folds=_mapped(bare, joined), truths=(FULL,), metrics=metrics)


def _staffing_match(bare: Trial, world: Path) -> Trial:
    """Judged by true fit; the desk's own pick is one more baseline."""
    reader = read(world, "fit").select(
        "request_id",
        "person_id",
        "picked",
        pl.col("fit").alias(FULL),
        pl.col("observable").alias(CEILING),
    )

    def joined(frame: pl.DataFrame) -> pl.DataFrame:
        kept = ("request_id", "person_id", "query", "group", "observed_at", bare.model, *bare.baselines)
        rows = frame.select(kept).join(reader, on=["request_id", "person_id"], maintain_order="left")
        rows = rows.filter(pl.len().over("query") > 1)
        return rows.with_columns(label=pl.col(FULL), desk=pl.col("picked").cast(pl.Float64))

    metrics = {"fit_of_first↑": fit_of_first, "ndcg_5↑": ndcg_at(5)}
    baselines = (*(name for name in bare.baselines if name != "greedy"), "desk")
    return replace(bare, folds=_mapped(bare, joined), baselines=baselines, metrics=metrics)


def fit_of_first(frame: pl.DataFrame, candidate: str) -> float:
    """Return the mean true fit (0 to 1) of the person a candidate ranks first for each request."""
    first = frame.sort("query", candidate, "person_id", descending=[False, True, False]).unique(
        "query", keep="first", maintain_order=True
    )
    value = first["label"].mean()
    return float(value) if isinstance(value, float) else float("nan")


JOINS: Mapping[str, Callable[[Trial, Path], Trial]] = {
    "invoice_dispute": _invoice_dispute,
    "margin_erosion": _margin_erosion,
    "revenue_leakage": _revenue_leakage,
    "time_expense_anomaly": _time_expense_anomaly,
    "staffing_match": _staffing_match,
    "pipeline_capacity": _pipeline_capacity,
}
