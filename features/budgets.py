"""What was approved for a project: its baseline, the changes approved since, and those still waiting."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from leadline.warehouse.point_in_time import PointInTimeReader, naive

TRAILING_DAYS = 180
PENDING = ("draft", "submitted")


def approved_plans(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the then-approved budget of every project that has one, by the rule int_project_budget.

    Grain: one row per project. Money in ``plan_currency``, as floats: the latest approved version and every change
    order approved after it. ``first_baseline_cost`` and ``rebaselines`` look back on the versions before. As of: rows
    known by ``as_of`` whose approval day has come.
    """
    day = naive(as_of).date()
    approved = reader.rule("int_project_budget", as_of=as_of).filter(pl.col("budget_cost").is_not_null())
    return (
        approved.select(
            "project_id",
            "budget_id",
            plan_currency="currency",
            approved_end="planned_end_date",
            baseline_cost=pl.col("budget_cost").cast(pl.Float64),
            baseline_revenue=pl.col("budget_revenue").cast(pl.Float64),
            baseline_hours=pl.col("budget_hours").cast(pl.Float64),
            days_since_baseline=(pl.lit(day) - pl.col("approved_on")).dt.total_days(),
        )
        .join(_past_versions(reader, as_of=as_of), on="project_id", how="left")
        .sort("project_id")
        .collect()
    )


def open_changes(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return what change orders say about a project: how many were asked for lately, which wait for approval.

    Grain: one row per project with a change order. Counts look back 180 days only, since ever-growing counts drift.
    """
    day = naive(as_of).date()
    recent = pl.col("requested_on") > day - timedelta(days=TRAILING_DAYS)
    pending = pl.col("status").is_in(PENDING)
    grown = pl.col("cost_change").fill_null(pl.col("value_change")).cast(pl.Float64)
    return (
        _changes(reader, as_of=as_of)
        .group_by("project_id")
        .agg(
            changes_180d=recent.sum().cast(pl.Float64),
            changes_rejected_180d=(recent & (pl.col("status") == "rejected")).sum().cast(pl.Float64),
            pending_count=pending.sum().cast(pl.Float64),
            pending_cost=grown.filter(pending).sum(),
            pending_days=(pl.lit(day) - pl.col("requested_on").filter(pending).min()).dt.total_days(),
            pending_ids=pl.col("change_order_id").filter(pending).sort(),
        )
        .sort("project_id")
        .collect()
    )


def _changes(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    return reader.core("change_order", as_of=as_of).filter(pl.col("requested_on") <= naive(as_of).date())


def _past_versions(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """The first approved cost of each project and how often it was budgeted again: history that no rule keeps."""
    day = naive(as_of).date()
    return (
        reader.core("project_budget", as_of=as_of)
        .with_columns(approved_on=pl.col("approved_on").fill_null(pl.col("known_at").dt.date()))
        .filter((pl.col("approved_on") <= day) & (pl.col("budget_cost") > 0))
        .sort("project_id", "approved_on", "version", "budget_id", nulls_last=False)
        .group_by("project_id", maintain_order=True)
        .agg(
            pl.col("budget_cost").first().cast(pl.Float64).alias("first_baseline_cost"),
            (pl.col("approved_on") > day - timedelta(days=2 * TRAILING_DAYS))
            .sum()
            .cast(pl.Float64)
            .alias("rebaselines"),
        )
    )
