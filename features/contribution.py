"""What an hour of a role sells for, costs and leaves, on average: the price of hours that no one has worked yet."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from features.rates import to_reporting
from leadline.warehouse.point_in_time import PointInTimeReader, naive


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
    prices = _rates(of_roles, reader, as_of=as_of, alias="bill_rate")
    costs = _rates(
        reader.rule("int_cost_rate_span", as_of=as_of).filter(holds).join(roles, on="person_id"),
        reader,
        as_of=as_of,
        alias="cost_rate",
    )
    contribution = (pl.col("bill_rate") - pl.col("cost_rate").fill_null(0.0)).clip(0.0)
    both = prices.join(costs, on="role", how="full", coalesce=True, nulls_equal=True)
    return both.with_columns(contribution_rate=contribution).sort("role")


def _rates(rows: pl.LazyFrame, reader: PointInTimeReader, *, as_of: datetime, alias: str) -> pl.DataFrame:
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
