"""What a project has cost so far, and at which pace: the rule's cost to date and its daily rows."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from leadline.warehouse.point_in_time import PointInTimeReader, naive

BURN_DAYS = 28
TREND_DAYS = 84
# What the rules say of a project; the estimates at completion are null where its performance is unknown.
POSITION = ("actual_cost", "labour_hours")
EARNED = ("cpi", "spi", "eac_plan", "eac_cpi", "eac_cpi_spi", "eac_manager")


def actual_costs(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return cost, effort and earned value to date of every project, by the rules int_project_position,
    int_project_cost and int_earned_value.

    Grain: one row per project. Money in the project's currency, as floats. As of: rows known by ``as_of`` of days up to
    it. ``time_cost`` and ``cost_28d`` hold what could be costed; ``actual_cost`` is the rule's.
    """
    position = _floats(reader.rule("int_project_position", as_of=as_of, columns=("project_id", *POSITION)))
    earned = _floats(reader.rule("int_earned_value", as_of=as_of, columns=("project_id", *EARNED)))
    return (
        position.rename({"labour_hours": "actual_hours"})
        .join(earned, on="project_id", how="left")
        .join(_paces(reader, as_of=as_of), on="project_id", how="left")
        .join(_team(reader, as_of=as_of), on="project_id", how="left")
        .sort("project_id")
    )


def _floats(rows: pl.LazyFrame) -> pl.DataFrame:
    return rows.with_columns(pl.exclude("project_id").cast(pl.Float64)).collect()


def _paces(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """What was spent on what, to date and lately: sums of money as the warehouse keeps it, exact in any order."""
    day = naive(as_of).date()
    burn = pl.col("cost_date") > day - timedelta(days=BURN_DAYS)
    trend = pl.col("cost_date") > day - timedelta(days=TREND_DAYS)
    is_time, cost = pl.col("cost_kind") == "labour", pl.col("project_amount")
    columns = ("project_id", "cost_date", "cost_kind", "hours", "project_amount")
    return (
        reader.rule("int_project_cost", as_of=as_of, columns=columns)
        .filter(pl.col("cost_date") <= day)
        .group_by("project_id")
        .agg(
            pl.col("cost_date").min().alias("first_work"),
            pl.col("cost_date").max().alias("last_work"),
            time_cost=cost.filter(is_time).sum(),
            other_cost=cost.filter(~is_time).sum(),
            costed_hours=pl.col("hours").filter(is_time & cost.is_not_null()).sum(),
            cost_28d=cost.filter(burn).sum(),
            cost_84d=cost.filter(trend).sum(),
        )
        .with_columns(pl.col("time_cost", "other_cost", "costed_hours", "cost_28d", "cost_84d").cast(pl.Float64))
        .collect()
    )


def _team(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """How many people and roles have worked on each project; no rule of business knows them."""
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
