"""Time and expense anomalies against their baselines: the rule pack, and the robust z of a person's habits."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.metrics import precision_at
from models.time_expense_anomaly_pack import Array, farthest_z, pack_score, precisions
from models.time_expense_anomaly_score import calibrated

MODEL = "model"
REVIEWS_A_WEEK = 60


def with_contenders(train: pl.DataFrame, test: pl.DataFrame, model: Array) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the contest's frame and contenders; every contender's column is a probability.

    ``rule_pack`` uses precisions learned on ``train``; ``robust_z`` is the farthest distance, calibrated on ``train``.
    """
    known = train.filter(pl.col("label").is_not_null())
    right, label = precisions(known), known["label"].to_numpy()
    quiet = _quiet_rate(known)
    frame = test.select("object_id", "group", "label", "observed_at").with_columns(
        pl.Series(MODEL, model),
        pl.Series("rule_pack", pack_score(test, right, quiet=quiet)),
        pl.Series("robust_z", calibrated(farthest_z(known), label, farthest_z(test))),
        base_rate=pl.lit(float(np.mean(label))),
    )
    return frame, (MODEL, "rule_pack", "robust_z", "base_rate")


def _quiet_rate(rows: pl.DataFrame) -> float:
    """Share of wrong lines among those no rule hits, smoothed."""
    silent = rows.filter(pl.Series(pack_score(rows, precisions(), quiet=0.0) <= 0.0))
    return (float(silent["label"].sum()) + 0.5) / (silent.height + 100.0)


def precision_at_reviews(frame: pl.DataFrame, contender: str) -> float:
    """Share of wrong lines among the 60 ranked highest in each week of observation, mean over the weeks."""
    weeks = frame.drop_nulls("label").partition_by("observed_at", maintain_order=True)
    found = [precision_at(REVIEWS_A_WEEK)(week, contender) for week in weeks]
    return float(np.mean(found)) if found else float("nan")
