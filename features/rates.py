"""Rates: exchange rates into the reporting currency, and what an hour is billed at and costs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import polars as pl

from leadline.warehouse.money import products
from leadline.warehouse.point_in_time import PointInTimeReader

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

RATE = pl.Decimal(18, 8)
MONEY = pl.Decimal(18, 2)

_KEYS = ("_currency", "_on")


def reporting_rates(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """Return the rate of every currency into the reporting currency, as known at ``as_of``.

    Grain: one row per ``_currency`` and ``valid_from``, sorted by both; a rate holds until the next one. The rule is
    int_fx_reporting.
    """
    return reader.rule("int_fx_reporting", as_of=as_of).select(
        pl.col("currency").alias("_currency"), "valid_from", "rate"
    )


def to_reporting(
    frame: Frame, *, reader: PointInTimeReader, as_of: datetime, amount: str, currency: str, on: str, alias: str
) -> Frame:
    """Add ``alias``: the amount in the reporting currency, at the latest rate of day ``on`` or before.

    ``amount``, ``currency`` and ``on`` (a date or timestamp) name columns of the frame. Rates are those known at
    ``as_of``. Amounts already in the reporting currency stay as they are; without a rate the result is null. A Decimal
    amount gives Decimal cents, rounded half away from zero; a float amount gives a float. Row order is kept.
    """
    lazy, schema = frame.lazy(), frame.collect_schema()
    exact = schema[amount].is_decimal()
    wanted = lazy.select(pl.col(currency).alias("_currency"), pl.col(on).cast(pl.Date).alias("_on"))
    rates = (
        wanted.drop_nulls()
        .unique()
        .sort(_KEYS)
        .join_asof(
            reporting_rates(reader, as_of=as_of),
            left_on="_on",
            right_on="valid_from",
            by="_currency",
            check_sortedness=False,  # both sides are sorted within each currency
        )
        .select("_currency", "_on", pl.col("rate").alias("_rate"))
    )
    is_same = pl.col("_currency") == reader.reporting_currency
    rated = (
        lazy.with_columns(pl.col(currency).alias("_currency"), pl.col(on).cast(pl.Date).alias("_on"))
        .join(rates, on=list(_KEYS), how="left", maintain_order="left")
        .with_columns(pl.when(is_same).then(pl.lit(Decimal(1)).cast(RATE)).otherwise(pl.col("_rate")).alias("_rate"))
    )
    priced = _exactly(rated, amount, alias) if exact else rated.with_columns(_roughly(amount).alias(alias))
    result = priced.drop("_currency", "_on", "_rate")
    return result.collect() if isinstance(frame, pl.DataFrame) else result


def _exactly(rated: pl.LazyFrame, amount: str, alias: str) -> pl.LazyFrame:
    rows = rated.collect()
    return rows.with_columns(products(rows[amount], rows["_rate"]).alias(alias)).lazy()


def _roughly(amount: str) -> pl.Expr:
    return pl.col(amount).cast(pl.Float64) * pl.col("_rate").cast(pl.Float64)


def with_bill_rate(rows: pl.DataFrame, *, reader: PointInTimeReader, as_of: datetime, on: str) -> pl.DataFrame:
    """Add ``bill_rate`` (Decimal per hour) and ``bill_currency`` for columns contract_id, role and person_id.

    The rate that holds on the day in column ``on``: the person's own under the contract, else the role's under the
    contract, else the firm's list price; null when none is known at ``as_of``. Row order is kept.
    """
    cards = reader.core("rate_card", as_of=as_of).collect()
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


def with_cost_rate(rows: pl.DataFrame, *, reader: PointInTimeReader, as_of: datetime, on: str) -> pl.DataFrame:
    """Add ``cost_rate`` (Decimal per hour) and ``cost_currency`` of person_id on the day in column ``on``."""
    rates = reader.core("cost_rate", as_of=as_of).sort("cost_rate_id").collect()
    found = _holding(rows, rates, by=("person_id",), on=on, name="cost")
    return found.rename({"_cost_rate": "cost_rate", "_cost_currency": "cost_currency"})


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
