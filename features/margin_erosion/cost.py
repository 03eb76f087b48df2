"""What a project has cost so far: hours at the cost rate of the day, expenses and subcontractors."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.rates import to_reporting
from leadline.warehouse.point_in_time import PointInTimeReader, naive

BURN_DAYS = 28
TREND_DAYS = 84
# Sums run over whole ten-thousandths, so that no order of addition can change a bit.
UNITS = 10_000


def actual_costs(reader: PointInTimeReader, plans: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return cost and effort to date of every project with any.

    Grain: one row per project. Money in the currency of the project's plan (the reporting currency without one),
    converted at the rate of the day the work was done. As of: rows known by ``as_of`` of days up to it; rejected time
    and expenses cost nothing, everything else does, approved or not; expenses passed on to the client cost
    nothing either. Hours of people without a known cost rate are
    costed like the project's other hours.
    """
    day = naive(as_of).date()
    daily = pl.concat(
        [_time(reader, as_of=as_of), _expenses(reader, as_of=as_of), _subcontractors(reader, as_of=as_of)],
        how="diagonal_relaxed",
    )
    daily = daily.filter(pl.col("day") <= day).filter(pl.col("project_id").is_not_null())
    costs = in_plan_currency(daily.collect(), reader, plans, as_of=as_of)
    return _per_project(costs, as_of=as_of).join(_team(reader, as_of=as_of), on="project_id", how="left")


def _time(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """Hours and their cost per project, day and currency of the cost rate."""
    entries = (
        reader.core("time_entry", as_of=as_of)
        .filter(pl.col("status") != "rejected")
        .select("person_id", "project_id", pl.col("work_date").alias("day"), pl.col("hours").cast(pl.Float64))
        .sort("person_id", "day")
    )
    rates = reader.core("cost_rate", as_of=as_of).select(
        "person_id", "valid_from", "valid_to", pl.col("rate").cast(pl.Float64), "currency"
    )
    holds = pl.col("valid_to").is_null() | (pl.col("day") < pl.col("valid_to"))
    hours = (pl.col("hours") * UNITS).round().cast(pl.Int64)
    cost = (pl.col("hours") * pl.col("rate") * UNITS).round().cast(pl.Int64)
    return (
        entries.join_asof(
            rates.sort("person_id", "valid_from", "rate"),
            left_on="day",
            right_on="valid_from",
            by="person_id",
            check_sortedness=False,  # both sides are sorted within each person
        )
        .with_columns(pl.when(holds).then("rate").alias("rate"))
        .group_by("project_id", "day", "currency")
        .agg(hours=hours.sum(), costed_hours=hours.filter(pl.col("rate").is_not_null()).sum(), cost=cost.sum())
        .with_columns(kind=pl.lit("time"))
    )


def _expenses(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    own = ~pl.col("billable").fill_null(False)  # what the client pays back is no cost of the project
    spent = reader.core("expense", as_of=as_of).filter((pl.col("status") != "rejected") & own)
    return _amounts(spent, day="expense_date", kind="expense")


def _subcontractors(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    return _amounts(reader.core("subcontractor_cost", as_of=as_of), day="cost_date", kind="subcontractor")


def _amounts(rows: pl.LazyFrame, *, day: str, kind: str) -> pl.LazyFrame:
    units = (pl.col("amount") * UNITS).cast(pl.Int64)
    return (
        rows.group_by("project_id", pl.col(day).alias("day"), "currency")
        .agg(cost=units.sum())
        .with_columns(hours=pl.lit(0, pl.Int64), costed_hours=pl.lit(0, pl.Int64), kind=pl.lit(kind))
    )


def in_plan_currency(
    daily: pl.DataFrame, reader: PointInTimeReader, plans: pl.DataFrame, *, as_of: datetime
) -> pl.DataFrame:
    """Convert column ``cost`` to each project's plan currency, at the rate of ``day``, by the reporting currency."""
    wanted = plans.select("project_id", "plan_currency")
    rows = daily.join(wanted, on="project_id", how="left").with_columns(
        pl.col("plan_currency").fill_null(reader.reporting_currency), one=pl.lit(1.0), amount=pl.col("cost") / UNITS
    )
    foreign = pl.col("currency").is_not_null() & (pl.col("currency") != pl.col("plan_currency"))
    same, other = rows.filter(~foreign.fill_null(False)), rows.filter(foreign)
    if not other.height:
        return same
    for amount, currency, alias in (("amount", "currency", "reported"), ("one", "plan_currency", "unit")):
        other = to_reporting(other, reader=reader, as_of=as_of, amount=amount, currency=currency, on="day", alias=alias)
    converted = (pl.col("reported") / pl.col("unit") * UNITS).round().cast(pl.Int64)
    return pl.concat([same, other.with_columns(cost=converted).select(same.columns)])


def _per_project(daily: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    day = naive(as_of).date()
    burn = pl.col("day") > day - timedelta(days=BURN_DAYS)
    trend = pl.col("day") > day - timedelta(days=TREND_DAYS)
    is_time = pl.col("kind") == "time"
    sums = {
        "time_cost": pl.col("cost").filter(is_time).sum(),
        "other_cost": pl.col("cost").filter(~is_time).sum(),
        "actual_hours": pl.col("hours").sum(),
        "costed_hours": pl.col("costed_hours").sum(),
        "cost_28d": pl.col("cost").filter(burn).sum(),
        "cost_84d": pl.col("cost").filter(trend).sum(),
    }
    totals = daily.group_by("project_id").agg(
        *((total / UNITS).alias(name) for name, total in sums.items()),
        first_work=pl.col("day").min(),
        last_work=pl.col("day").max(),
    )
    uncosted = pl.col("actual_hours") / pl.col("costed_hours")
    time_cost = pl.when(pl.col("costed_hours") > 0).then(pl.col("time_cost") * uncosted).otherwise(0.0)
    total = (time_cost + pl.col("other_cost")).round(2)
    # Hours none of which has a cost rate are unknown cost, not no cost.
    known_cost = (pl.col("costed_hours") > 0) | (pl.col("actual_hours") == 0)
    return totals.with_columns(actual_cost=pl.when(known_cost).then(total)).sort("project_id")


def _team(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """How many people and roles have worked on each project."""
    return (
        reader.core("time_entry", as_of=as_of)
        .filter((pl.col("status") != "rejected") & (pl.col("work_date") <= naive(as_of).date()))
        .group_by("project_id")
        .agg(
            people=pl.col("person_id").n_unique().cast(pl.Float64),
            roles=pl.col("role").n_unique().cast(pl.Float64),
        )
        .collect()
    )
