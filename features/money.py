"""Money in the firm's reporting currency, at the rates that were known."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import polars as pl

from leadline.kernel.warehouse.known import Known

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

RATE = pl.Decimal(38, 8)
MONEY = pl.Decimal(18, 2)

_KEYS = ("_currency", "_on")


def reporting_rates(known: Known, *, as_of: datetime) -> pl.LazyFrame:
    """Return the rate of every currency into the reporting currency, as known at ``as_of``.

    Grain: one row per ``_currency`` and ``rate_date``, sorted by both. A rate delivered only the other way round is
    inverted; where both directions hold on one day, the delivered one wins.
    """
    rates, target = known.core("currency_rate", as_of=as_of), known.reporting_currency
    direct = rates.filter(pl.col("to_currency") == target).select(
        "rate_date",
        "source_system",
        pl.col("from_currency").alias("_currency"),
        pl.col("rate").cast(RATE),
        inverse=False,
    )
    inverse = rates.filter((pl.col("from_currency") == target) & (pl.col("rate") > 0)).select(
        "rate_date",
        "source_system",
        pl.col("to_currency").alias("_currency"),
        (pl.lit(Decimal(1)).cast(RATE) / pl.col("rate")).cast(RATE).alias("rate"),
        inverse=True,
    )
    return (
        pl.concat([direct, inverse])
        .sort("_currency", "rate_date", "inverse", "source_system")
        .unique(["_currency", "rate_date"], keep="first", maintain_order=True)
        .select("_currency", "rate_date", "rate")
    )


def to_reporting(
    frame: Frame, *, known: Known, as_of: datetime, amount: str, currency: str, on: str, alias: str
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
            reporting_rates(known, as_of=as_of).sort("_currency", "rate_date"),
            left_on="_on",
            right_on="rate_date",
            by="_currency",
            check_sortedness=False,  # both sides are sorted within each currency, two lines above
        )
        .select("_currency", "_on", pl.col("rate").alias("_rate"))
    )
    converted = _converted(pl.col(amount), exact=exact)
    same = pl.col("_currency") == known.reporting_currency
    result = (
        lazy.with_columns(pl.col(currency).alias("_currency"), pl.col(on).cast(pl.Date).alias("_on"))
        .join(rates, on=list(_KEYS), how="left", maintain_order="left")
        .with_columns(pl.when(same).then(_kept(pl.col(amount), exact=exact)).otherwise(converted).alias(alias))
        .drop("_currency", "_on", "_rate")
    )
    return result.collect() if isinstance(frame, pl.DataFrame) else result


def _converted(amount: pl.Expr, *, exact: bool) -> pl.Expr:
    if not exact:
        return amount.cast(pl.Float64) * pl.col("_rate").cast(pl.Float64)
    return (amount * pl.col("_rate")).round(2, mode="half_away_from_zero").cast(MONEY)


def _kept(amount: pl.Expr, *, exact: bool) -> pl.Expr:
    return amount.round(2, mode="half_away_from_zero").cast(MONEY) if exact else amount.cast(pl.Float64)
