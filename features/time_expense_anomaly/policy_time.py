"""What contract and policy say a time entry must not do: one rule per breach.

The firm's limits are columns of the row, by their names in the table ``policy_limit``.
"""

from __future__ import annotations

import polars as pl

from features.time_expense_anomaly.rule import Rule, not_employed, works_after_the_end

_OVER_DAY = ((pl.col("day_hours") - pl.col("max_hours_a_day")) / pl.col("hours_booked")).clip(0.0, 1.0)
# A long week is the sum of its entries: each has its part of the hours beyond the limit.
_OVER_WEEK = (1.0 - pl.col("max_hours_a_week") / pl.col("week_hours")).clip(0.0, 1.0)

TIME_RULES = (
    Rule(
        code="duplicate_entry",
        entity="time_entry",
        holds=pl.col("exact_of").is_not_null() & (pl.col("hours_booked") > 0),
        columns=("hours", "work_date"),
    ),
    Rule(
        code="near_duplicate_entry",
        entity="time_entry",
        holds=pl.col("near_of").is_not_null(),
        columns=("hours", "work_date", "description"),
    ),
    Rule(
        code="day_over_limit",
        entity="time_entry",
        holds=(pl.col("day_hours") > pl.col("max_hours_a_day")) & pl.col("is_longest"),
        columns=("hours", "work_date"),
        share=_OVER_DAY,
    ),
    Rule(
        code="week_over_limit",
        entity="time_entry",
        holds=(pl.col("week_hours") > pl.col("max_hours_a_week")) & (pl.col("hours_booked") > 0),
        columns=("hours", "work_date"),
        share=_OVER_WEEK,
    ),
    Rule(
        code="weekend_work",
        entity="time_entry",
        holds=pl.col("weekday") > pl.col("last_workday"),
        columns=("work_date",),
    ),
    Rule(
        code="holiday_work",
        entity="time_entry",
        holds=pl.col("is_holiday").fill_null(False) & (pl.col("weekday") <= pl.col("last_workday")),
        columns=("work_date",),
    ),
    Rule(
        code="on_leave",
        entity="time_entry",
        holds=pl.col("leave_id").is_not_null() & (pl.col("hours_booked") > 0),
        columns=("work_date",),
    ),
    Rule(
        code="not_employed",
        entity="time_entry",
        holds=not_employed(),
        columns=("work_date",),
    ),
    Rule(
        code="after_project_end",
        entity="time_entry",
        holds=works_after_the_end(),
        columns=("work_date", "project_id"),
    ),
    Rule(
        code="before_project_start",
        entity="time_entry",
        holds=pl.col("event_day") < pl.col("project_start") - pl.duration(days=pl.col("early_days")),
        columns=("work_date", "project_id"),
    ),
    Rule(
        code="not_assigned",
        entity="time_entry",
        holds=pl.col("is_assigned").not_(),
        columns=("project_id", "work_date"),
    ),
    Rule(
        code="nonbillable_task_billed",
        entity="time_entry",
        holds=pl.col("task_billable").not_() & pl.col("billable"),
        columns=("task_id", "billable"),
    ),
    Rule(
        code="task_of_other_project",
        entity="time_entry",
        holds=pl.col("task_project_id") != pl.col("project_id"),
        columns=("task_id", "project_id"),
    ),
    Rule(
        code="role_mismatch",
        entity="time_entry",
        holds=(pl.col("role") != pl.col("home_role"))
        & pl.col("booked_role").list.contains(pl.col("role")).not_().fill_null(True),
        columns=("role",),
        share=pl.col("role_share"),
    ),
    Rule(
        code="late_time",
        entity="time_entry",
        holds=pl.col("lag_days") > pl.col("late_time_days"),
        columns=("work_date", "submitted_at"),
    ),
    Rule(
        code="before_the_work",
        entity="time_entry",
        holds=pl.col("lag_days") < -1,
        columns=("work_date", "submitted_at"),
    ),
)
