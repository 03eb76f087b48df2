"""Whether probabilities mean what they say: predicted, seen and true, by tenths of the predictions."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from leadline.evaluator.trial import FULL, Trial

BINS = 10
PROBABILITIES = ("invoice_dispute", "margin_erosion", "time_expense_anomaly", "revenue_leakage", "pipeline_capacity")


def calibration(trials: Sequence[Trial]) -> pl.DataFrame:
    """Return, per tenth of predictions: mean predicted, share that happened, mean true chance, rows.

    Empty for scores that rank or count and name no probability.
    """
    first = trials[0]
    if first.score not in PROBABILITIES:
        return pl.DataFrame()
    parts = [
        frame.filter(pl.col("kind") == "deal") if "kind" in frame.columns else frame
        for trial in trials
        for fold in trial.folds
        for frame in fold
    ]
    known = FULL if FULL in first.truths else "label"
    rows = pl.concat(
        [part.select(first.model, "label", pl.col(known).alias("true")).cast(pl.Float64) for part in parts]
    ).drop_nulls()
    place = (pl.col(first.model).rank("ordinal") - 1) * BINS // max(rows.height, 1)
    return (
        rows.group_by(place.alias("tenth"))
        .agg(
            predicted=pl.col(first.model).mean(),
            happened=pl.col("label").mean(),
            true=pl.col("true").mean(),
            rows=pl.len(),
        )
        .sort("tenth")
    )
