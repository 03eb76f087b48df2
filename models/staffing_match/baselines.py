"""Staffing against its baselines, and whether groups of people are proposed evenly."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.framework.metrics import columns
from models.framework.risk_model import Metric
from models.staffing_match.parameter_file import parameters
from models.staffing_match.plan import greedy_plan, optimal_plan
from models.staffing_match.rank import Array
from models.staffing_match.suitability import hand_score

MODEL = "model"


def with_candidates(test: pl.DataFrame, model: Array) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the benchmark's frame and candidates: model, hand weights, coverage, availability, greedy.

    ``<candidate>_planned`` is 1 for the pairs of the candidate's plan at each moment. ``greedy`` ranks like the model
    but plans greedily.
    """
    chosen = parameters()
    decay = chosen.baselines.decay
    frame = test.with_columns(
        pl.Series(MODEL, model),
        pl.Series("hand_weights", hand_score(test, chosen)),
        pl.col("availability").fill_null(0.0),
        pl.col("coverage").fill_null(0.0),
        greedy=pl.Series(MODEL, model),
    )
    candidates = (MODEL, "hand_weights", "coverage", "availability", "greedy")
    place = pl.col(MODEL).rank("ordinal", descending=True).over("query") - 1
    frame = frame.sort("query", "person_id").with_columns(worth=pl.lit(decay).pow(place.cast(pl.Float64)))
    for name in candidates:
        frame = _planned(frame, name, decay=decay)
    return frame, candidates


def _planned(frame: pl.DataFrame, candidate: str, *, decay: float) -> pl.DataFrame:
    place = pl.col(candidate).rank("ordinal", descending=True).over("query") - 1
    valued = frame.sort("query", "person_id").with_columns(_value=pl.lit(decay).pow(place.cast(pl.Float64)))
    solve = greedy_plan if candidate == "greedy" else optimal_plan
    chosen = [
        (at, request, person)
        for (at,), moment in sorted(valued.partition_by("observed_at", as_dict=True).items())
        for request, person in solve(moment, value="_value").chosen.items()
    ]
    keys = ["observed_at", "request_id", "person_id"]
    plan = pl.DataFrame(chosen, schema=frame.select(keys).schema, orient="row")
    planned = plan.with_columns(pl.lit(1.0).alias(f"{candidate}_planned"))
    joined = valued.drop("_value").join(planned, on=keys, how="left", maintain_order="left")
    return joined.with_columns(pl.col(f"{candidate}_planned").fill_null(0.0))


def planned_value(frame: pl.DataFrame, candidate: str) -> float:
    """Mean worth of a request under the candidate's plan, by the model's ranking: 1 when each gets its first choice."""
    worth, planned = columns(frame, "worth", f"{candidate}_planned")
    return float((worth * planned).sum()) / max(frame["query"].n_unique(), 1)


def planned_gain(frame: pl.DataFrame, candidate: str) -> float:
    """Share of the reachable gain (accepted and delivered well) that the candidate's plan takes."""
    label, planned = columns(frame, "label", f"{candidate}_planned")
    best = float(label.sum())
    return float((label * planned).sum()) / best if best > 0 else float("nan")


def impact_ratio(group: str) -> Metric:
    """Return a metric: the lowest over the highest share of candidates ranked first, among groups of column ``group``.

    Source: the four-fifths rule of selection rates; below 0.8 a person should look why.
    """

    least = parameters().baselines.min_candidates

    def metric(frame: pl.DataFrame, candidate: str) -> float:
        first = pl.col(candidate).rank("ordinal", descending=True).over("query") == 1
        rates = (
            frame.sort("query", "person_id")
            .with_columns(first=first.cast(pl.Float64))
            .drop_nulls(group)
            .group_by(group)
            .agg(rate=pl.col("first").mean(), size=pl.len())
            .filter(pl.col("size") >= least)["rate"]
            .to_numpy()
        )
        return float(np.min(rates) / np.max(rates)) if len(rates) > 1 and np.max(rates) > 0 else float("nan")

    return metric
