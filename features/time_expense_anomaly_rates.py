"""What an hour is worth: the agreed billing rate, else the list price, and what it costs."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from features.time_expense_anomaly_lines import one_per
from leadline.kernel.warehouse.known import Known


def with_bill_rate(rows: pl.DataFrame, *, known: Known, as_of: datetime, on: str) -> pl.DataFrame:
    """Add ``bill_rate`` (Decimal per hour) and ``bill_currency`` for columns contract_id, role and person_id.

    The rate that holds on the day in column ``on``: the person's own under the contract, else the role's under the
    contract, else the firm's list price; null when none is known at ``as_of``. Row order is kept.
    """
    cards = known.core("rate_card", as_of=as_of).collect()
    own = cards.filter(pl.col("contract_id").is_not_null() & pl.col("person_id").is_not_null())
    agreed = cards.filter(pl.col("contract_id").is_not_null() & pl.col("person_id").is_null())
    listed = cards.filter(pl.col("contract_id").is_null() & pl.col("person_id").is_null())
    for name, source, by in (
        ("own", own, ("contract_id", "person_id")),
        ("agreed", agreed, ("contract_id", "role")),
        ("listed", listed, ("role",)),
    ):
        rows = _holding(rows, source.sort("rate_id"), by=by, on=on, name=name)
    names = ("own", "agreed", "listed")
    return rows.with_columns(
        bill_rate=pl.coalesce(f"_{name}_rate" for name in names),
        bill_currency=pl.coalesce(f"_{name}_currency" for name in names),
    ).drop(f"_{name}_{column}" for name in names for column in ("rate", "currency"))


def with_cost_rate(rows: pl.DataFrame, *, known: Known, as_of: datetime, on: str) -> pl.DataFrame:
    """Add ``cost_rate`` (Decimal per hour) and ``cost_currency`` of person_id on the day in column ``on``."""
    rates = known.core("cost_rate", as_of=as_of).sort("cost_rate_id").collect()
    found = _holding(rows, rates, by=("person_id",), on=on, name="cost")
    return found.rename({"_cost_rate": "cost_rate", "_cost_currency": "cost_currency"})


def contracts_of(known: Known, *, as_of: datetime) -> pl.DataFrame:
    """Return what routes and prices a project's lines: one row per project, sorted."""
    projects = known.core("project", as_of=as_of)
    return (
        one_per(projects, "project_id")
        .select("project_id", "account_id", "legal_entity_id", "contract_id")
        .sort("project_id")
        .collect()
    )


def _holding(rows: pl.DataFrame, rates: pl.DataFrame, *, by: tuple[str, ...], on: str, name: str) -> pl.DataFrame:
    """Join the latest rate that began by the day and had not ended."""
    taken = (
        rates.sort(*by, "valid_from")
        .unique([*by, "valid_from"], keep="last", maintain_order=True)
        .select(*by, "valid_from", "valid_to", pl.col("rate").alias("_rate"), pl.col("currency").alias("_currency"))
        .sort("valid_from")
    )
    numbered = rows.with_row_index("_row")
    joined = numbered.sort(on).join_asof(taken, left_on=on, right_on="valid_from", by=list(by), check_sortedness=False)
    holds = pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col(on))
    return (
        joined.with_columns(
            pl.when(holds).then("_rate").alias(f"_{name}_rate"),
            pl.when(holds).then("_currency").alias(f"_{name}_currency"),
        )
        .sort("_row")
        .drop("_row", "valid_from", "valid_to", "_rate", "_currency", strict=False)
    )
