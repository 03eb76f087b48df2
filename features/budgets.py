"""What was approved for a project: its baseline, the changes approved since, and those still waiting."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from leadline.warehouse.point_in_time import PointInTimeReader, naive

TRAILING_DAYS = 180
PENDING = ("draft", "submitted")


def approved_plans(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the then-approved baseline of every project that has one.

    Grain: one row per project. Money in ``plan_currency``. A baseline is the latest approved version of the budget and
    every change order approved after that version: an approved change that never reached the budget is approved all
    the same. As of: rows known by ``as_of`` whose approval day has come.
    """
    day = naive(as_of).date()
    changes = _changes(reader, as_of=as_of)
    return (
        _budgets(reader, as_of=as_of)
        .join(_approved_after(reader, changes, as_of=as_of), on="project_id", how="left")
        .with_columns(pl.col("added_cost", "added_value", "added_hours").fill_null(0.0))
        .with_columns(
            baseline_cost=pl.col("budget_cost") + pl.col("added_cost"),
            baseline_revenue=pl.col("budget_revenue") + pl.col("added_value"),
            baseline_hours=pl.col("budget_hours") + pl.col("added_hours"),
            days_since_baseline=(pl.lit(day) - pl.col("approved_on")).dt.total_days(),
        )
        .drop("added_cost", "added_value", "added_hours", "budget_hours", "approved_on")
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


def _budgets(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """First and latest approved version of each project's budget, side by side."""
    day = naive(as_of).date()
    versions = (
        reader.core("project_budget", as_of=as_of)
        .with_columns(approved_on=pl.col("approved_on").fill_null(pl.col("known_at").dt.date()))
        .filter((pl.col("approved_on") <= day) & (pl.col("budget_cost") > 0))
        .sort("project_id", "approved_on", "version", "budget_id", nulls_last=False)
    )
    return versions.group_by("project_id", maintain_order=True).agg(
        pl.col("budget_id", "approved_on").last(),
        pl.col("currency").last().alias("plan_currency"),
        pl.col("planned_end_date").drop_nulls().last().alias("approved_end"),
        pl.col("budget_cost", "budget_revenue", "budget_hours").last().cast(pl.Float64),
        pl.col("budget_cost").first().cast(pl.Float64).alias("first_baseline_cost"),
        (pl.col("approved_on") > day - timedelta(days=2 * TRAILING_DAYS)).sum().cast(pl.Float64).alias("rebaselines"),
    )


def _approved_after(reader: PointInTimeReader, changes: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Sum the change orders approved later than the budget's latest version, per project."""
    latest = _budgets(reader, as_of=as_of).select("project_id", pl.col("approved_on").alias("budget_day"))
    approved = (pl.col("status") == "approved") & (_approval_day() <= naive(as_of).date())
    return (
        changes.filter(approved)
        .join(latest, on="project_id")
        .filter(_approval_day() > pl.col("budget_day"))
        .group_by("project_id")
        .agg(
            added_cost=pl.col("cost_change").sum().cast(pl.Float64),
            added_value=pl.col("value_change").sum().cast(pl.Float64),
            added_hours=pl.col("hours_change").sum().cast(pl.Float64),
        )
    )


def _approval_day() -> pl.Expr:
    return pl.coalesce("approved_on", "effective_date", pl.lit(date.max))
