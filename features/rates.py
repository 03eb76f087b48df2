"""Rates: exchange rates into the reporting currency, and what an hour is billed at, costs and leaves."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import polars as pl

from leadline.warehouse.money import products
from leadline.warehouse.point_in_time import PointInTimeReader, naive

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

    The price that holds on the day in column ``on``, by the rule int_price_span; null when none is known at ``as_of``.
    Row order is kept.
    """
    prices = reader.rule("int_price_span", as_of=as_of).collect()
    spans = prices.select(
        "valid_from",
        "valid_to",
        "rate",
        "currency",
        _contract=pl.col("contract_id").fill_null(""),
        _person=pl.col("person_id").fill_null(""),
        _role=pl.col("role").fill_null(""),
    )
    rows = rows.with_columns(_contract=pl.col("contract_id").fill_null(""), _none=pl.lit(""))
    by = {"own": ("person_id", "role"), "own_other": ("person_id", "_none"), "role": ("_none", "role")}
    for name, (person, role) in by.items():
        asked = rows.with_columns(_person=pl.col(person), _role=pl.col(role))
        rows = _holding(asked, spans, by=("_contract", "_person", "_role"), on=on, name=name).drop("_person", "_role")
    return rows.with_columns(
        bill_rate=pl.coalesce(f"_{name}_rate" for name in by),
        bill_currency=pl.coalesce(f"_{name}_currency" for name in by),
    ).drop("_contract", "_none", *(f"_{name}_{column}" for name in by for column in ("rate", "currency")))


def with_cost_rate(rows: pl.DataFrame, *, reader: PointInTimeReader, as_of: datetime, on: str) -> pl.DataFrame:
    """Add ``cost_rate`` (Decimal per hour) and ``cost_currency`` of person_id on the day in column ``on``, by the rule
    int_cost_rate_span."""
    spans = reader.rule("int_cost_rate_span", as_of=as_of).collect()
    found = _holding(rows, spans, by=("person_id",), on=on, name="cost")
    return found.rename({"_cost_rate": "cost_rate", "_cost_currency": "cost_currency"})


def _holding(rows: pl.DataFrame, spans: pl.DataFrame, *, by: tuple[str, ...], on: str, name: str) -> pl.DataFrame:
    """Join the span that holds on the day; the spans of a key lie apart."""
    rate, currency = f"_{name}_rate", f"_{name}_currency"
    taken = spans.select(
        *by, "valid_from", "valid_to", pl.col("rate").alias(rate), pl.col("currency").alias(currency)
    ).sort("valid_from")
    joined = (
        rows.with_row_index("_row")
        .sort(on)
        .join_asof(taken, left_on=on, right_on="valid_from", by=list(by), check_sortedness=False)
    )
    holds = pl.col("valid_to") > pl.col(on)
    return (
        joined.with_columns(pl.when(holds).then(column).alias(column) for column in (rate, currency))
        .sort("_row")
        .drop("_row", "valid_from", "valid_to", strict=False)
    )


def hourly_rates(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return what an hour of each role sells and costs for on average, in the reporting currency.

    Grain: role. ``bill_rate`` is the firm's list price of the role, else the mean of its contract prices (rule
    int_price_span); ``cost_rate`` the mean of the people in the role (rule int_cost_rate_span).
    ``contribution_rate`` is what an hour leaves: price less cost, not negative; the price where no cost is known. The
    row whose role is null holds the averages over all roles. Null where nothing is known. Floats. As of: rates known at
    ``as_of`` that hold on its day.
    """
    day = naive(as_of).date()
    holds = (pl.col("valid_from") <= day) & (pl.col("valid_to") > day)
    roles = reader.core("person", as_of=as_of).select("person_id", "role")
    of_roles = reader.rule("int_price_span", as_of=as_of).filter(holds & pl.col("person_id").is_null())
    is_listed = pl.col("contract_id").is_null()
    of_roles = of_roles.filter(is_listed | ~is_listed.any().over("role"))
    prices = _role_means(of_roles, reader, as_of=as_of, alias="bill_rate")
    costs = _role_means(
        reader.rule("int_cost_rate_span", as_of=as_of).filter(holds).join(roles, on="person_id"),
        reader,
        as_of=as_of,
        alias="cost_rate",
    )
    contribution = (pl.col("bill_rate") - pl.col("cost_rate").fill_null(0.0)).clip(0.0)
    both = prices.join(costs, on="role", how="full", coalesce=True, nulls_equal=True)
    return both.with_columns(contribution_rate=contribution).sort("role")


def _role_means(rows: pl.LazyFrame, reader: PointInTimeReader, *, as_of: datetime, alias: str) -> pl.DataFrame:
    priced = rows.with_columns(day=pl.lit(naive(as_of).date()), rate_value=pl.col("rate").cast(pl.Float64))
    converted = to_reporting(
        priced, reader=reader, as_of=as_of, amount="rate_value", currency="currency", on="day", alias=alias
    )
    frame = converted.select("role", alias).drop_nulls(alias).sort("role", alias).collect()
    overall = frame.select(pl.lit(None, pl.String).alias("role"), pl.col(alias).mean())
    means = frame.group_by("role", maintain_order=True).agg(pl.col(alias).mean())
    return pl.concat([means.drop_nulls("role"), overall.drop_nulls(alias)])


def rate_of(rates: pl.DataFrame, role: str | None, *, kind: str) -> float | None:
    """Return one of a role's rates of :func:`hourly_rates`, the average over all roles where it has none; else None."""
    known = rates.drop_nulls(kind)
    own = known.filter(pl.col("role").eq_missing(pl.lit(role, pl.String)))
    found = own if own.height else known.filter(pl.col("role").is_null())
    return float(found[kind][0]) if found.height else None
