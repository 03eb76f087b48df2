"""Expense lines with what policy, the project and the payer's own habits say about them."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.master_data import contracts_of, one_per
from features.rates import to_reporting
from features.time_expense_anomaly.context import MAD_TO_SD, rarity, with_robust_z
from features.time_expense_anomaly.lines import claimed_lines
from features.time_expense_anomaly.pairs import with_pairs
from leadline.warehouse.point_in_time import PointInTimeReader

# Purchases of one payer from one merchant within this many days count as one.
SPLIT_DAYS = 1
# A category needs this many lines before its own limit means anything.
MIN_CATEGORY_LINES = 30
# The policy limit of a category: this many robust deviations above its usual log amount.
CATEGORY_DEVIATIONS = 3.5
MIN_LOG_SPREAD = 0.25


def expense_lines(reader: PointInTimeReader, *, as_of: datetime, window_days: int) -> pl.DataFrame:
    """Return the candidate expense lines with every fact the rules and the context use.

    Grain: one row per candidate line, sorted by id. ``value`` is the Decimal amount in ``currency``, without sign;
    ``amount_seen`` is a float in the reporting currency where a rate is known, else in the line's own. Facts that no
    delivered entity can tell are null. As of: rows known at ``as_of``.
    """
    lines = with_pairs(claimed_lines(reader, "expense", as_of=as_of, window_days=window_days), "expense")
    rows = _with_amounts(lines, reader, as_of=as_of)
    rows = _with_refunds(_with_splits(_with_limits(rows)))
    rows = _with_habits(rows).filter("is_candidate")
    rows = _with_person(rows, reader, as_of=as_of)
    rows = _with_project(rows, reader, as_of=as_of)
    return rows.sort("object_id")


def _with_amounts(lines: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    converted = to_reporting(
        lines, reader=reader, as_of=as_of, amount="amount", currency="currency", on="expense_date", alias="_reported"
    )
    rows = converted.with_columns(
        value=pl.col("amount").abs(),
        amount_seen=pl.coalesce("_reported", "amount").cast(pl.Float64),
        kind=pl.coalesce("category", "merchant"),
        weekday=pl.col("expense_date").dt.weekday(),
        lag_days=(pl.col("submitted_at").dt.date() - pl.col("expense_date")).dt.total_days().cast(pl.Float64),
        description_length=pl.col("description").fill_null("").str.len_chars().cast(pl.Float64),
    )
    return rows.with_columns(
        log_amount=pl.col("amount_seen").abs().clip(0.01).log(),
        day_spend=pl.col("amount_seen").sum().over("person_id", "cost_centre", "expense_date").abs().clip(0.01).log(),
    )


def _with_limits(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``category_limit``: the amount above which a line of its category is out of the ordinary.

    Small categories take the limit of all lines together.
    """
    rows = _with_limit(rows.with_columns(everything=pl.lit("all")), by="kind", alias="_own")
    rows = _with_limit(rows, by="everything", alias="_overall")
    return rows.with_columns(category_limit=pl.coalesce("_own", "_overall")).drop("_own", "_overall")


def _with_limit(rows: pl.DataFrame, *, by: str, alias: str) -> pl.DataFrame:
    spent = rows.filter(pl.col("amount_seen") > 0)
    middles = spent.group_by(by).agg(_middle=pl.col("log_amount").median(), _n=pl.len())
    spreads = (
        spent.join(middles, on=by).group_by(by).agg(_spread=(pl.col("log_amount") - pl.col("_middle")).abs().median())
    )
    spread = pl.max_horizontal(pl.col("_spread") * MAD_TO_SD, pl.lit(MIN_LOG_SPREAD))
    limit = (pl.col("_middle") + CATEGORY_DEVIATIONS * spread).exp()
    return (
        rows.join(middles.join(spreads, on=by), on=by, how="left", maintain_order="left")
        .with_columns(pl.when(pl.col("_n") >= MIN_CATEGORY_LINES).then(limit).alias(alias))
        .drop("_middle", "_n", "_spread")
    )


def _with_splits(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what the same payer spent at the same merchant on the day and the days beside it, and the largest line.

    Null where the data names no payer: purchases of many cards are no split.
    """
    payer = ["person_id", "cost_centre", "merchant", "currency"]
    days = (
        rows.filter((pl.col("amount_seen") > 0) & pl.col("merchant").is_not_null() & pl.col("exact_of").is_null())
        .group_by([*payer, "expense_date"])
        .agg(_sum=pl.col("amount_seen").sum(), _count=pl.len(), _largest=pl.col("amount_seen").max())
    )
    around = pl.concat(
        days.with_columns(expense_date=pl.col("expense_date") + timedelta(days=shift))
        for shift in range(-SPLIT_DAYS, SPLIT_DAYS + 1)
    )
    spans = (
        around.sort(*payer, "expense_date", "_sum")
        .group_by([*payer, "expense_date"], maintain_order=True)
        .agg(
            split_total=pl.col("_sum").sum(),
            split_count=pl.col("_count").sum().cast(pl.Float64),
            split_largest=pl.col("_largest").max(),
        )
    )
    has_payer = pl.any_horizontal(pl.col("person_id", "cost_centre").is_not_null())
    joined = rows.join(spans, on=[*payer, "expense_date"], how="left", maintain_order="left", nulls_equal=True)
    return joined.with_columns(
        pl.when(has_payer).then(pl.col(name)).alias(name) for name in ("split_total", "split_count", "split_largest")
    )


def _with_refunds(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``bought_before``: the most ever paid to the merchant up to the day, for comparing a refund with."""
    ordered = rows.sort("expense_date", "known_on", "object_id")
    paid = pl.when(pl.col("amount_seen") > 0).then(pl.col("amount_seen"))
    return ordered.with_columns(bought_before=paid.cum_max().forward_fill().over("merchant"))


def _with_habits(rows: pl.DataFrame) -> pl.DataFrame:
    for value, by, alias, floor in (
        ("log_amount", ("kind",), "amount_category_z", 0.25),
        ("log_amount", ("merchant",), "amount_merchant_z", 0.25),
        ("log_amount", ("person_id",), "amount_person_z", 0.25),
        ("log_amount", ("cost_centre",), "amount_centre_z", 0.25),
        ("day_spend", ("person_id",), "day_person_z", 0.25),
        ("lag_days", ("person_id",), "lag_person_z", 1.0),
        ("description_length", ("person_id",), "description_person_z", 4.0),
    ):
        rows = with_robust_z(rows, value=value, by=by, alias=alias, floor=floor)
    return rows.with_columns(
        merchant_rarity=rarity(of=("everything", "merchant"), within=("everything",)),
        category_rarity=rarity(of=("person_id", "kind"), within=("person_id",)),
        currency_rarity=rarity(of=("everything", "currency"), within=("everything",)),
        weekday_rarity=rarity(of=("everything", "weekday"), within=("everything",)),
        project_rarity=rarity(of=("person_id", "project_id"), within=("person_id",)),
    )


def _with_person(rows: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    people = (
        one_per(reader.core("person", as_of=as_of), "person_id")
        .select("person_id", "hire_date", "termination_date", pl.col("legal_entity_id").alias("employer_id"))
        .collect()
    )
    leaves = (
        reader.core("leave", as_of=as_of)
        .filter(pl.col("status").fill_null("approved") == "approved")
        .select("leave_id", "person_id", "start_date", "end_date")
        .collect()
    )
    away = (
        rows.select("object_id", "person_id", "expense_date")
        .join(leaves, on="person_id")
        .filter(pl.col("expense_date").is_between("start_date", "end_date"))
        .group_by("object_id")
        .agg(pl.col("leave_id").min())
    )
    return rows.join(people, on="person_id", how="left", maintain_order="left").join(
        away, on="object_id", how="left", maintain_order="left"
    )


def _with_project(rows: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    projects = (
        one_per(reader.core("project", as_of=as_of), "project_id")
        .select(
            "project_id",
            pl.col("status").alias("project_status"),
            pl.col("start_date").alias("project_start"),
            pl.col("actual_end_date").alias("project_end"),
        )
        .collect()
    )
    routed = rows.join(projects, on="project_id", how="left", maintain_order="left").join(
        contracts_of(reader, as_of=as_of), on="project_id", how="left", maintain_order="left"
    )
    return routed.with_columns(legal_entity_id=pl.coalesce("legal_entity_id", "employer_id"))
