"""Time entries and expense lines that are still open to review, with the facts that speak against them.

Grain: one row per line (``object_type``, ``object_id``), sorted. A line that repeats an earlier one carries
``pair_id``, under which it is decided. Columns named in FEATURES are numeric model inputs: one per rule (0/1, null
where the data cannot tell) and one per habit the line departs from. No column describes a person beyond the bookings.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.time_expense_anomaly.expense import expense_lines
from features.time_expense_anomaly.lines import LOOK_BACK_DAYS, claimed_lines
from features.time_expense_anomaly.outcome import undone, verdicts
from features.time_expense_anomaly.pairs import with_pairs
from features.time_expense_anomaly.policy import policy
from features.time_expense_anomaly.policy_expense import EXPENSE_RULES
from features.time_expense_anomaly.policy_time import TIME_RULES
from features.time_expense_anomaly.rule import judged
from features.time_expense_anomaly.rules import RULES
from features.time_expense_anomaly.time import time_lines
from leadline.kernel.errors import InsufficientDataError
from leadline.warehouse.point_in_time import PointInTimeReader, naive

CONTEXT = (
    "hours_person_z",
    "hours_project_z",
    "week_person_z",
    "day_person_z",
    "lag_person_z",
    "description_person_z",
    "weekday_rarity",
    "project_rarity",
    "role_rarity",
    "stranger_rarity",
    "description_rarity",
    "billable_rarity",
    "amount_category_z",
    "amount_merchant_z",
    "amount_person_z",
    "amount_centre_z",
    "merchant_rarity",
    "category_rarity",
    "currency_rarity",
)
SIZES = ("is_expense", "no_receipt", "hours_booked", "log_amount", "lag_days", "description_length", "weekday")
FEATURES: tuple[str, ...] = (*(rule.code for rule in RULES), *CONTEXT, *SIZES)


def features(reader: PointInTimeReader, *, as_of: datetime, window_days: int = LOOK_BACK_DAYS) -> pl.DataFrame:
    """Return every line open to review at ``as_of`` with FEATURES and the facts behind them.

    A line is open while it is submitted and undecided, and for ``window_days`` after it was first seen.

    Raises:
        InsufficientDataError: neither time entries nor expenses were ever delivered.
    """
    if not (reader.has("time_entry") or reader.has("expense")):
        raise InsufficientDataError(
            "No time entries or expenses to check for anomalies.",
            where="time_expense_anomaly",
            expected="entity time_entry or expense",
            found="neither was delivered",
            next_step="leadline doctor shows what is missing for which score",
        )
    limits = policy(reader)
    entries = judged(time_lines(reader, as_of=as_of, window_days=window_days), TIME_RULES, limits)
    expenses = judged(expense_lines(reader, as_of=as_of, window_days=window_days), EXPENSE_RULES, limits)
    both = pl.concat(
        [
            entries.with_columns(object_type=pl.lit("time_entry"), is_expense=pl.lit(0.0)),
            expenses.with_columns(
                object_type=pl.lit("expense"), is_expense=pl.lit(1.0), no_receipt=pl.col("has_receipt").not_()
            ),
        ],
        how="diagonal_relaxed",
    )
    numeric = (pl.col(name).cast(pl.Float64) for name in FEATURES)
    return both.drop("source_line", "batch_id").with_columns(numeric).sort("object_type", "object_id")


def labels(
    reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime, window_days: int = LOOK_BACK_DAYS
) -> pl.DataFrame:
    """Return whether each line open at ``observed_at`` was wrong, as known by ``as_of``.

    Grain: one row per line, sorted by object_type and object_id. ``label``: 1 when a reviewer confirmed it, 0 when one
    dismissed it; without a decision, 1 when the source took the line back within 60 days and 0 when it did not; null
    while neither is known. ``label_source`` is decision or source; ``weight`` corrects for how decisions were drawn.
    """
    decided = verdicts(reader, as_of=as_of)
    frames = [
        _entity_labels(reader, entity, decided, observed_at=observed_at, as_of=as_of, window_days=window_days)
        for entity in ("time_entry", "expense")
    ]
    return pl.concat(frames).sort("object_type", "object_id")


def _entity_labels(
    reader: PointInTimeReader,
    entity: str,
    decided: pl.DataFrame,
    *,
    observed_at: datetime,
    as_of: datetime,
    window_days: int,
) -> pl.DataFrame:
    lines = claimed_lines(reader, entity, as_of=observed_at, window_days=window_days)
    rows = with_pairs(lines, entity).filter("is_candidate")
    is_mature = naive(as_of) >= naive(observed_at) + timedelta(days=policy(reader).maturity_days)
    taken_back = undone(reader, entity, rows, observed_at=observed_at, as_of=as_of)
    from_source = pl.col("object_id").is_in(taken_back.implode()).cast(pl.Float64)
    of_pair = decided.rename({"object_id": "pair_id", "confirmed": "_pair", "decision_weight": "_pair_weight"})
    return (
        rows.join(decided, on="object_id", how="left")
        .join(of_pair, on="pair_id", how="left")
        .with_columns(verdict=pl.coalesce("confirmed", "_pair"))
        .select(
            object_type=pl.lit(entity),
            object_id=pl.col("object_id"),
            label=pl.coalesce("verdict", from_source if is_mature else pl.lit(None, dtype=pl.Float64)),
            weight=pl.coalesce("decision_weight", "_pair_weight", pl.lit(1.0)),
            label_source=pl.when(pl.col("verdict").is_null()).then(pl.lit("source")).otherwise(pl.lit("decision")),
        )
    )
