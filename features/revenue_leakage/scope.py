"""Scope that was delivered and never priced: what a project's hours, tasks and change orders say as of one moment."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.budgets import approved_plans
from leadline.warehouse.point_in_time import PointInTimeReader, naive

FEATURES = (
    "hours_over_plan",
    "hours_over_pace",
    "hours_over_earned",
    "hours_28d_over_plan",
    "task_overrun_share",
    "elapsed_share",
    "progress",
    "plan_hours_log",
    "billable_share",
    "days_since_baseline",
    "pending_count",
    "pending_hours_share",
    "pending_days",
    "requested_180d",
    "approved_180d",
    "rejected_180d",
)
RECENT_DAYS = 28
TRAILING_DAYS = 180
# Hours are summed in hundredths, as whole numbers: no order of addition can change a bit.
UNITS = 100
# Of the tasks that are over their plan, the worst are named.
TASKS_NAMED = 3
MIN_SHARE = 0.05
MAX_RATIO = 10.0


def scope_features(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the open projects with an agreed price and what speaks for work beyond the contracted scope.

    Grain: one row per project that has a line not billed by time, sorted. ``plan_hours`` are the approved hours,
    approved changes included, else the hours planned on its tasks. ``due_hours``: the share of the plan that is elapsed
    or reported done (whichever is larger). ``unpriced_hours``: hours worked beyond these, or beyond the plan of single
    tasks, of which ``over_tasks`` are the worst (``task_id``, ``planned_hours``).
    ``unpriced_value`` (``currency``): these hours at the project's own price per hour, and never less than the price of
    the changes that wait for approval. Without budgets, reports or change orders the columns they feed are null.
    """
    frame = (
        _open_projects(reader, as_of=as_of)
        .join(_plan(reader, as_of=as_of), on="project_id", how="left")
        .join(_tasks(reader, as_of=as_of), on="project_id", how="left")
        .join(_hours(reader, as_of=as_of), on="project_id", how="left")
        .join(_progress(reader, as_of=as_of), on="project_id", how="left")
        .join(_changes(reader, as_of=as_of), on="project_id", how="left")
    )
    return _unpriced(_ratios(frame, as_of=as_of)).sort("project_id")


def _open_projects(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Open projects that have begun, with the first of their lines that has an agreed price."""
    lines = (
        reader.core("contract_line", as_of=as_of)
        .filter(pl.col("billing_method") != "time_and_materials")
        .sort("project_id", "contract_line_id")
        .group_by("project_id", maintain_order=True)
        .agg(
            pl.col("contract_line_id", "contract_id", "billing_method").first(),
            line_currency=pl.col("currency").first(),
            line_amount=pl.col("amount").sum().cast(pl.Float64),
        )
    )
    begun = pl.col("start_date") <= naive(as_of).date()
    projects = (
        reader.core("project", as_of=as_of)
        .filter(pl.col("status").is_in(["open", "on_hold"]) & begun)
        .select("project_id", "account_id", "legal_entity_id", "start_date", "planned_end_date")
        .sort("project_id")
        .unique("project_id", keep="first", maintain_order=True)
    )
    return projects.join(lines, on="project_id").collect()


def _plan(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    return approved_plans(reader, as_of=as_of).select(
        "project_id", "plan_currency", "baseline_hours", "baseline_revenue", "approved_end", "days_since_baseline"
    )


def _tasks(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Planned hours of the project's tasks, and hours booked beyond the plan of a single task."""
    entries = _entries(reader, as_of=as_of)
    worked = entries.group_by("task_id").agg(task_hours=_units(pl.col("hours")).sum() / UNITS)
    over = (pl.col("task_hours").fill_null(0.0) - pl.col("planned_hours").cast(pl.Float64)).clip(0)
    return (
        reader.core("task", as_of=as_of)
        .filter(pl.col("planned_hours") > 0)
        .join(worked, on="task_id", how="left")
        .group_by("project_id")
        .agg(
            task_plan_hours=_units(pl.col("planned_hours")).sum() / UNITS,
            task_overrun_hours=_units(over).sum() / UNITS,
            over_tasks=pl.struct("task_id", pl.col("planned_hours").cast(pl.String))
            .sort_by(over, "task_id", descending=[True, False])
            .filter(over.sort_by(over, "task_id", descending=[True, False]) > 0)
            .head(TASKS_NAMED),
        )
        .sort("project_id")
        .collect()
    )


def _hours(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    recent = pl.col("work_date") > naive(as_of).date() - timedelta(days=RECENT_DAYS)
    hours = _units(pl.col("hours"))
    valued = reader.rule("int_time_value", as_of=as_of, columns=("time_entry_id", "is_billable"))
    return (
        _entries(reader, as_of=as_of)
        .join(valued, on="time_entry_id")
        .group_by("project_id")
        .agg(
            hours_to_date=hours.sum() / UNITS,
            hours_28d=hours.filter(recent).sum() / UNITS,
            billable_hours=hours.filter("is_billable").sum() / UNITS,
        )
        .sort("project_id")
        .collect()
    )


def _entries(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    return reader.core("time_entry", as_of=as_of).filter(
        (pl.col("status") != "rejected") & (pl.col("work_date") <= naive(as_of).date())
    )


def _units(hours: pl.Expr) -> pl.Expr:
    return (hours.cast(pl.Float64) * UNITS).round().cast(pl.Int64)


def _progress(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """The percent complete last reported."""
    return (
        reader.core("project_status", as_of=as_of)
        .filter((pl.col("status_date") <= naive(as_of).date()) & pl.col("percent_complete").is_not_null())
        .sort("project_id", "status_date", "known_at", "status_id")
        .group_by("project_id", maintain_order=True)
        .agg(progress=pl.col("percent_complete").last().cast(pl.Float64))
        .collect()
    )


def _changes(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Change orders of the last 180 days, and those that wait for approval now."""
    day = naive(as_of).date()
    recent = pl.col("requested_on") > day - timedelta(days=TRAILING_DAYS)
    waiting = pl.col("status").is_in(["draft", "submitted"])
    return (
        reader.core("change_order", as_of=as_of)
        .filter(pl.col("requested_on") <= day)
        .sort("project_id", "change_order_id")
        .group_by("project_id", maintain_order=True)
        .agg(
            pending_count=waiting.sum().cast(pl.Float64),
            pending_hours=_units(pl.col("hours_change")).filter(waiting).sum() / UNITS,
            pending_value=pl.col("value_change").filter(waiting).sum().cast(pl.Float64),
            pending_days=(pl.lit(day) - pl.col("requested_on").filter(waiting).min()).dt.total_days().cast(pl.Float64),
            pending_ids=pl.col("change_order_id").filter(waiting),
            requested_180d=recent.sum().cast(pl.Float64),
            approved_180d=(recent & (pl.col("status") == "approved")).sum().cast(pl.Float64),
            rejected_180d=(recent & (pl.col("status") == "rejected")).sum().cast(pl.Float64),
        )
        .collect()
    )


def _ratios(frame: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Put hours beside plan, calendar and reported progress; counts are zero where change orders are known at all."""
    day = pl.lit(naive(as_of).date())
    end = pl.coalesce("approved_end", "planned_end_date")
    length = (end - pl.col("start_date")).dt.total_days().clip(7)
    plan = pl.coalesce(
        pl.when(pl.col("baseline_hours") > 0).then("baseline_hours"),
        pl.when(pl.col("task_plan_hours") > 0).then("task_plan_hours"),
    )
    counts = ("pending_count", "pending_hours", "requested_180d", "approved_180d", "rejected_180d")
    frame = frame.with_columns(
        pl.col("hours_to_date", "hours_28d", "billable_hours", "task_overrun_hours", *counts).fill_null(0.0),
        pl.col("pending_value").fill_null(0.0),
        pl.col("days_since_baseline").cast(pl.Float64),
        plan_hours=plan,
        elapsed_share=((day - pl.col("start_date")).dt.total_days() / length).clip(0, 3),
        currency=pl.coalesce("plan_currency", "line_currency"),
    )
    pace = pl.col("plan_hours") * pl.col("elapsed_share").clip(MIN_SHARE, 1)
    earned = pl.col("plan_hours") * pl.col("progress").clip(MIN_SHARE, 1)
    hours = pl.col("hours_to_date")
    return frame.with_columns(
        hours_over_plan=(hours / pl.col("plan_hours")).clip(0, MAX_RATIO),
        hours_over_pace=(hours / pace).clip(0, MAX_RATIO),
        hours_over_earned=(hours / earned).clip(0, MAX_RATIO),
        hours_28d_over_plan=(pl.col("hours_28d") / pl.col("plan_hours")).clip(0, MAX_RATIO),
        task_overrun_share=(pl.col("task_overrun_hours") / pl.col("plan_hours")).clip(0, MAX_RATIO),
        pending_hours_share=(pl.col("pending_hours") / pl.col("plan_hours")).clip(0, MAX_RATIO),
        plan_hours_log=pl.col("plan_hours").log1p(),
        billable_share=pl.when(hours > 0).then(pl.col("billable_hours") / hours),
    )


def _unpriced(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the hours beyond the scope that is due, and what they are worth."""
    due = pl.max_horizontal(pl.col("elapsed_share").clip(0, 1), pl.col("progress").fill_null(0.0).clip(0, 1))
    value = pl.when(pl.col("baseline_revenue") > 0).then("baseline_revenue").otherwise("line_amount")
    frame = frame.with_columns(due_hours=pl.col("plan_hours") * due)
    ahead = (pl.col("hours_to_date") - pl.col("due_hours")).clip(0)
    # Hours approved since the tasks were planned may be worked on any of them.
    spare = (pl.col("plan_hours") - pl.col("task_plan_hours")).clip(0)
    over_tasks = (pl.col("task_overrun_hours") - spare).clip(0)
    frame = frame.with_columns(
        unpriced_hours=pl.max_horizontal(ahead, over_tasks),
        price_per_hour=value / pl.col("plan_hours"),
    )
    worth = (pl.col("unpriced_hours") * pl.col("price_per_hour")).fill_null(0.0)
    kept = [
        "project_id", "contract_line_id", "contract_id", "account_id", "legal_entity_id", "billing_method", "currency",
        "plan_hours", "due_hours", "hours_to_date", "unpriced_hours", "price_per_hour", "pending_hours",
        "pending_value", "pending_ids", "over_tasks",
    ]  # fmt: skip
    return frame.with_columns(unpriced_value=pl.max_horizontal(worth, "pending_value")).select(
        *kept, "unpriced_value", *FEATURES
    )
