"""How the work behind an invoice goes: late time, changes under way, budget, a new project manager."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from leadline.warehouse.limits import limited, raw
from leadline.warehouse.point_in_time import PointInTimeReader, naive

LATE_ENTRY_DAYS = 7
PENDING_DAYS = 180
APPROVED_DAYS = 90
YEAR_DAYS = 365

DELIVERY_FEATURES = (
    "late_time_share",
    "unapproved_time_share",
    "undescribed_time_share",
    "pending_changes",
    "recent_changes",
    "hours_burn",
    "days_past_planned_end",
    "days_since_new_manager",
)
DELIVERY_RAW = raw("pending_changes", "hours_burn", "days_past_planned_end")


def delivery(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Return ``DELIVERY_FEATURES`` and ``DELIVERY_RAW`` per open invoice; null where their entities are absent."""
    rows = invoices.select("invoice_id", "project_id")
    changes_seen = reader.core("change_order", as_of=as_of).select((pl.len() > 0).alias("changes_seen"))
    rows = rows.join(changes_seen, how="cross")
    rows = rows.join(_time(billed_time(reader, invoices, as_of=as_of)), on="invoice_id", how="left")
    for part in (
        _changes(reader, as_of=as_of),
        _hours_burn(reader, invoices, as_of=as_of),
        _plan(reader, as_of=as_of),
        _manager(reader, invoices, as_of=as_of),
    ):
        rows = rows.join(part, on="project_id", how="left")
    none = pl.when("changes_seen").then(0)  # no change order of this project is 0; none of any project is not known
    counts = ("pending_changes", "recent_changes", "raw_pending_changes")
    return rows.with_columns(pl.coalesce(name, none) for name in counts).select(
        "invoice_id", *DELIVERY_FEATURES, *DELIVERY_RAW
    )


def billed_time(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Return the time entries billed on the open invoices, each with its faults.

    Grain: one row per time entry. ``is_late``: submitted more than a week after the day worked.
    """
    lines = reader.core("invoice_line", as_of=as_of).select("invoice_line_id", "invoice_id")
    mine = lines.join(invoices.select("invoice_id"), on="invoice_id", how="semi")
    submitted = pl.coalesce("submitted_at", "approved_at").dt.date()
    return (
        reader.core("time_entry", as_of=as_of)
        .filter(pl.col("invoice_line_id").is_not_null())
        .join(mine, on="invoice_line_id")
        .with_columns(
            ((submitted - pl.col("work_date")).dt.total_days() > LATE_ENTRY_DAYS).alias("is_late"),
            (~pl.col("status").is_in(["approved", "billed"])).alias("is_unapproved"),
            (pl.col("description").fill_null("").str.strip_chars() == "").alias("is_undescribed"),
        )
    )


def _time(entries: pl.LazyFrame) -> pl.LazyFrame:
    hours = pl.col("hours").abs()

    def share(condition: str) -> pl.Expr:
        part = hours.filter(pl.col(condition).fill_null(False)).sum().cast(pl.Float64)
        return pl.when(hours.sum() > 0).then(part / hours.sum().cast(pl.Float64))

    return entries.group_by("invoice_id").agg(
        share("is_late").alias("late_time_share"),
        share("is_unapproved").alias("unapproved_time_share"),
        share("is_undescribed").alias("undescribed_time_share"),
    )


def pending_changes(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """Return the change orders asked for in the last half year that are neither approved nor given up."""
    since = naive(as_of).date() - timedelta(days=PENDING_DAYS)
    changes = reader.core("change_order", as_of=as_of)
    return changes.filter(pl.col("status").is_in(["draft", "submitted"]) & (pl.col("requested_on") > since))


def _changes(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    since = naive(as_of).date() - timedelta(days=APPROVED_DAYS)
    approved = reader.core("change_order", as_of=as_of).filter(
        (pl.col("status") == "approved") & (pl.col("approved_on") > since)
    )
    counted = [
        rows.group_by("project_id").agg(*limited(pl.len(), name, 0, 3))
        for name, rows in (("pending_changes", pending_changes(reader, as_of=as_of)), ("recent_changes", approved))
    ]
    return counted[0].join(counted[1], on="project_id", how="full", coalesce=True)


def _hours_burn(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Return hours worked so far over hours of the baseline approved last, per project."""
    mine = invoices.select("project_id").drop_nulls().unique()
    worked = (
        reader.core("time_entry", as_of=as_of)
        .filter(pl.col("status") != "rejected")
        .join(mine, on="project_id", how="semi")
        .group_by("project_id")
        .agg(pl.col("hours").sum().cast(pl.Float64).alias("worked"))
    )
    budget = (
        reader.core("project_budget", as_of=as_of)
        .filter(pl.col("budget_hours") > 0)
        .sort("project_id", "approved_on", "version", "budget_id", nulls_last=False)
        .unique("project_id", keep="last", maintain_order=True)
        .select("project_id", pl.col("budget_hours").cast(pl.Float64))
    )
    burn = limited(pl.col("worked") / pl.col("budget_hours"), "hours_burn", 0, 3)
    return budget.join(worked, on="project_id").select("project_id", *burn)


def _plan(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    days = (pl.lit(naive(as_of).date()) - pl.col("planned_end_date")).dt.total_days()
    projects = reader.core("project", as_of=as_of).sort("project_id", "source_system")
    return projects.unique("project_id", keep="first", maintain_order=True).select(
        "project_id", *limited(days, "days_past_planned_end", -YEAR_DAYS, YEAR_DAYS)
    )


def _manager(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Return the days since a project's manager last changed, a year at most; null when never seen to change."""
    mine = invoices.select("project_id").drop_nulls().unique()
    versions = (
        reader.history("project", as_of=as_of).filter(~pl.col("is_deleted")).join(mine, on="project_id", how="semi")
    )
    ordered = versions.sort("project_id", "source_system", "known_at", "source_line")
    before = pl.col("manager_id").shift(1).over("project_id", "source_system")
    changed = ordered.filter(
        before.is_not_null() & pl.col("manager_id").is_not_null() & (before != pl.col("manager_id"))
    )
    days = (pl.lit(naive(as_of)) - pl.col("known_at").max()).dt.total_days().clip(0, YEAR_DAYS)
    return changed.group_by("project_id").agg(days.alias("days_since_new_manager"))
