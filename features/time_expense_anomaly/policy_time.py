"""What contract and policy say a time entry must not do: one rule per breach.

The firm's limits are columns of the row, by their names in the table ``policy_limit``.
"""

from __future__ import annotations

import polars as pl

from features.time_expense_anomaly.rule import Rule, not_employed, works_after_the_end

_OVER_DAY = ((pl.col("day_hours") - pl.col("max_hours_a_day")) / pl.col("hours_booked")).clip(0.0, 1.0)

TIME_RULES = (
    Rule(
        code="duplicate_entry",
        entity="time_entry",
        holds=pl.col("exact_of").is_not_null() & (pl.col("hours_booked") > 0),
        text="The entry repeats {exact_of}: same person, project, task, day, hours, role and words.",
        expected="one entry for the day's work",
        seen="{copies:.0f} identical entries of {hours_booked:.2f} h on {event_day}",
        columns=("hours", "work_date"),
    ),
    Rule(
        code="near_duplicate_entry",
        entity="time_entry",
        holds=pl.col("near_of").is_not_null(),
        text="The entry claims the same hours, day and words as {near_of} on another project or task.",
        expected="the day's work booked once",
        seen="{hours_booked:.2f} h on {event_day} also stand in {near_of}",
        columns=("hours", "work_date", "description"),
    ),
    Rule(
        code="day_over_limit",
        entity="time_entry",
        holds=(pl.col("day_hours") > pl.col("max_hours_a_day")) & pl.col("is_longest"),
        text="The day adds up to {day_hours:.2f} h; the policy's limit is {max_hours_a_day:.0f} h.",
        expected="at most {max_hours_a_day:.0f} h a day",
        seen="{day_hours:.2f} h on {event_day}",
        columns=("hours", "work_date"),
        share=_OVER_DAY,
    ),
    Rule(
        code="week_over_limit",
        entity="time_entry",
        holds=(pl.col("week_hours") > pl.col("max_hours_a_week")) & (pl.col("hours_booked") > 0),
        text="The week adds up to {week_hours:.2f} h; the policy's limit is {max_hours_a_week:.0f} h.",
        expected="at most {max_hours_a_week:.0f} h a week",
        seen="{week_hours:.2f} h in the week of {event_day}",
        columns=("hours", "work_date"),
    ),
    Rule(
        code="weekend_work",
        entity="time_entry",
        holds=pl.col("weekday") > pl.col("last_workday"),
        text="The work was done on a weekend.",
        expected="work on working days, or an agreed weekend",
        seen="{hours_booked:.2f} h on {event_day}, a weekend",
        columns=("work_date",),
    ),
    Rule(
        code="holiday_work",
        entity="time_entry",
        holds=pl.col("is_holiday").fill_null(False) & (pl.col("weekday") <= pl.col("last_workday")),
        text="The work was done on a public holiday of the person's calendar.",
        expected="no work on public holidays",
        seen="{hours_booked:.2f} h on {event_day}, a public holiday",
        columns=("work_date",),
    ),
    Rule(
        code="on_leave",
        entity="time_entry",
        holds=pl.col("leave_id").is_not_null() & (pl.col("hours_booked") > 0),
        text="The person was on approved leave {leave_id} that day.",
        expected="no hours on days of leave",
        seen="{hours_booked:.2f} h on {event_day} during leave",
        columns=("work_date",),
    ),
    Rule(
        code="not_employed",
        entity="time_entry",
        holds=not_employed(),
        text="The day lies outside the person's employment.",
        expected="work between first and last day of employment",
        seen="work on {event_day}; employed from {hire_date} to {termination_date}",
        columns=("work_date",),
    ),
    Rule(
        code="after_project_end",
        entity="time_entry",
        holds=works_after_the_end(),
        text="The project was {project_status} and had ended on {project_end}.",
        expected="no work booked after the project's end",
        seen="{hours_booked:.2f} h on {event_day}",
        columns=("work_date", "project_id"),
    ),
    Rule(
        code="before_project_start",
        entity="time_entry",
        holds=pl.col("event_day") < pl.col("project_start") - pl.duration(days=pl.col("early_days")),
        text="The project only started on {project_start}.",
        expected="work from {early_days} days before the project's start at the earliest",
        seen="{hours_booked:.2f} h on {event_day}",
        columns=("work_date", "project_id"),
    ),
    Rule(
        code="not_assigned",
        entity="time_entry",
        holds=pl.col("is_assigned").not_(),
        text="No booking of the person on the project covers the day.",
        expected="a booking of the person on {project_id}",
        seen="{hours_booked:.2f} h on {event_day} without one",
        columns=("project_id", "work_date"),
    ),
    Rule(
        code="nonbillable_task_billed",
        entity="time_entry",
        holds=pl.col("task_billable").not_() & pl.col("billable"),
        text="The task is not billable, the entry is.",
        expected="a non-billable entry on task {task_id}",
        seen="{hours_booked:.2f} h marked billable",
        columns=("task_id", "billable"),
    ),
    Rule(
        code="task_of_other_project",
        entity="time_entry",
        holds=pl.col("task_project_id") != pl.col("project_id"),
        text="The task belongs to project {task_project_id}.",
        expected="a task of project {project_id}",
        seen="task {task_id} of project {task_project_id}",
        columns=("task_id", "project_id"),
    ),
    Rule(
        code="role_mismatch",
        entity="time_entry",
        holds=(pl.col("role") != pl.col("home_role"))
        & pl.col("booked_role").list.contains(pl.col("role")).not_().fill_null(True),
        text="The entry is in role {role}; the person's role is {home_role} and no booking says otherwise.",
        expected="role {home_role}",
        seen="role {role}",
        columns=("role",),
        share=pl.col("role_share"),
    ),
    Rule(
        code="late_time",
        entity="time_entry",
        holds=pl.col("lag_days") > pl.col("late_time_days"),
        text="The entry was submitted {lag_days:.0f} days after the work.",
        expected="submission within {late_time_days:.0f} days",
        seen="{lag_days:.0f} days",
        columns=("work_date", "submitted_at"),
    ),
    Rule(
        code="before_the_work",
        entity="time_entry",
        holds=pl.col("lag_days") < -1,
        text="The entry was submitted before the day it claims.",
        expected="submission after the work",
        seen="work on {event_day}, submitted {submitted_at}",
        columns=("work_date", "submitted_at"),
    ),
)
