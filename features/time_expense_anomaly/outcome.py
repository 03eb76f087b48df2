"""What became of a line after we saw it: decided by a reviewer, or rejected, corrected or deleted in its source."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.time_expense_anomaly.lines import KEYS
from features.time_expense_anomaly.policy import policy
from leadline.warehouse.point_in_time import PointInTimeReader, naive

SCORE = "time_expense_anomaly"
# What a correction changes; a change of text or status is none.
CORRECTED = {
    "time_entry": ("hours", "work_date", "project_id", "task_id", "person_id", "role", "billable"),
    "expense": ("amount", "currency", "expense_date", "project_id", "person_id", "billable"),
}
# A correction booked as a line of its own agrees with the wrong line in these and negates its size.
REVERSED = {
    "time_entry": (("person_id", "project_id", "work_date"), "hours"),
    "expense": (("person_id", "merchant", "expense_date"), "amount"),
}


def verdicts(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the last decision on each object of this score, where it says right or wrong.

    Grain: one row per object_id, sorted. ``confirmed`` is 1 or 0; ``weight`` is 1 / propensity for decisions from the
    random slice, else 1. As of: decisions known at ``as_of``.
    """
    weight = pl.when("is_random_slice").then(1.0 / pl.col("propensity").cast(pl.Float64).clip(0.05, 1.0))
    return (
        reader.core("decision", as_of=as_of)
        .filter((pl.col("score") == SCORE) & (pl.col("verdict") != "snoozed"))
        .sort("object_id", "decided_at", "decision_id")
        .group_by("object_id", maintain_order=True)
        .last()
        .filter(pl.col("verdict").is_in(["confirmed", "dismissed"]))
        .select(
            "object_id",
            confirmed=(pl.col("verdict") == "confirmed").cast(pl.Float64),
            decision_weight=weight.fill_null(1.0),
        )
        .collect()
    )


def undone(
    reader: PointInTimeReader, entity: str, rows: pl.DataFrame, *, observed_at: datetime, as_of: datetime
) -> pl.Series:
    """Return the ids of ``rows`` whose source took them back within 60 days of ``observed_at``, as known by ``as_of``.

    Taken back: rejected, deleted, corrected in what was claimed, or reversed by a negative line, and still so at the
    end of the 60 days; a line sent back and handed in again unchanged was right.
    """
    until = min(naive(observed_at) + timedelta(days=policy(reader).maturity_days), naive(as_of))
    later = (
        reader.history(entity, as_of=as_of)
        .filter((pl.col("known_at") > naive(observed_at)) & (pl.col("known_at") <= until))
        .with_columns(object_id=pl.col(KEYS[entity]))
        .collect()
    )
    touched = _rejected_or_changed(rows, later, entity)
    return pl.concat([touched, _reversed(rows, later, entity)]).unique().sort()


def _rejected_or_changed(rows: pl.DataFrame, later: pl.DataFrame, entity: str) -> pl.Series:
    last = later.sort("object_id", "known_at", "source_line").unique("object_id", keep="last", maintain_order=True)
    both = last.join(rows.select("object_id", *CORRECTED[entity]), on="object_id", suffix="_seen")
    changed = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_seen")) for name in CORRECTED[entity])
    wrong = pl.col("is_deleted") | (pl.col("status") == "rejected") | changed
    return both.filter(wrong)["object_id"]


def _reversed(rows: pl.DataFrame, later: pl.DataFrame, entity: str) -> pl.Series:
    same, size = REVERSED[entity]
    negative = later.filter((pl.col(size) < 0) & ~pl.col("is_deleted"))
    reversals = negative.select(*same, (-pl.col(size)).alias(size)).unique()
    return rows.join(reversals, on=[*same, size], how="semi")["object_id"]
