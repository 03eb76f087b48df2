"""Time and expense anomalies against their baselines: the rule pack, and the robust z of a person's habits."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.framework.metrics import precision_at
from models.framework.risk_model import Metric
from models.time_expense_anomaly.parameter_file import parameters
from models.time_expense_anomaly.probability import calibrated
from models.time_expense_anomaly.rule_pack import Array, farthest_z, pack_score, precisions

MODEL = "model"


def with_candidates(train: pl.DataFrame, test: pl.DataFrame, model: Array) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the benchmark's frame and candidates; every candidate's column is a probability.

    ``rule_pack`` uses the rules' precisions, ``robust_z`` the farthest distance; both are calibrated on ``train``.
    """
    reader = train.filter(pl.col("label").is_not_null())
    chosen, label = parameters(), reader["label"].to_numpy()
    edge, quiet, right = chosen.chance.edge, chosen.pack.quiet, precisions(chosen, reader)
    packs = pack_score(reader, right, quiet=quiet), pack_score(test, right, quiet=quiet)
    frame = test.select("object_id", "group", "label", "observed_at", "money").with_columns(
        pl.Series(MODEL, model),
        pl.Series("rule_pack", calibrated(packs[0], label, packs[1], edge=edge)),
        pl.Series("robust_z", calibrated(farthest_z(reader), label, farthest_z(test), edge=edge)),
        base_rate=pl.lit(float(np.mean(label))),
    )
    return frame, (MODEL, "rule_pack", "robust_z", "base_rate")


def precision_at_reviews(reviews: int) -> Metric:
    """Return a metric: the share of wrong lines among those ranked highest each week, mean of the weeks."""

    def metric(frame: pl.DataFrame, candidate: str) -> float:
        weeks = frame.drop_nulls("label").partition_by("observed_at", maintain_order=True)
        found = [precision_at(reviews)(week, candidate) for week in weeks]
        return float(np.mean(found)) if found else float("nan")

    return metric
