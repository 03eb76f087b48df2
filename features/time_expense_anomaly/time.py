"""Time entries with what the contract, the calendar and the person's own habits say about them."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.master_data import contracts_of, one_per
from features.time_expense_anomaly.context import rarity, with_robust_z
from features.time_expense_anomaly.lines import claimed_lines
from features.time_expense_anomaly.pairs import with_pairs
from features.time_expense_anomaly.policy import policy
from leadline.warehouse.point_in_time import PointInTimeReader

# What an entry is billed at (null unless it is billable and has a price) and what it cost.
VALUED = ("bill_amount", "bill_currency", "cost_amount", "cost_currency")


def time_lines(reader: PointInTimeReader, *, as_of: datetime, window_days: int) -> pl.DataFrame:
    """Return the candidate time entries with every fact the rules and the context use.

    Grain: one row per candidate entry, sorted by id. Hours are float hours; ``value`` is Decimal in ``currency``: the
    billing value of billable entries, else their cost; null where no rate is known. Facts that no delivered entity can
    tell are null. As of: rows known at ``as_of``.
    """
    lines = with_pairs(claimed_lines(reader, "time_entry", as_of=as_of, window_days=window_days), "time_entry")
    rows = _with_habits(_with_totals(lines)).filter("is_candidate")
    rows = _with_person(rows, reader, as_of=as_of)
    rows = _with_project(rows, reader, as_of=as_of)
    rows = _with_calendar(rows, reader, as_of=as_of)
    rows = _with_assignment(rows, reader, as_of=as_of)
    return _with_value(rows, reader, as_of=as_of).sort("object_id")


def _with_totals(lines: pl.DataFrame) -> pl.DataFrame:
    hours = pl.col("hours").cast(pl.Float64)
    day, week = pl.col("work_date"), pl.col("work_date").dt.truncate("1w")
    # A copy is a fault of its own; it must not make the original look like a long day too.
    once = pl.col("hours_booked").filter(pl.col("exact_of").is_null())
    return lines.with_columns(hours_booked=hours, weekday=day.dt.weekday()).with_columns(
        day_hours=once.sum().over("person_id", "work_date"),
        is_longest=_longest_of_day(),
        week_hours=once.sum().over("person_id", week),
        lag_days=(pl.col("submitted_at").dt.date() - day).dt.total_days().cast(pl.Float64),
        description_length=pl.col("description").fill_null("").str.len_chars().cast(pl.Float64),
    )


def _longest_of_day() -> pl.Expr:
    """Whether the entry is the longest of the person's day, the first by id of equally long ones."""
    order = pl.struct(-pl.col("hours").cast(pl.Float64), "object_id")
    return order.rank("ordinal").over("person_id", "work_date") == 1


def _with_habits(lines: pl.DataFrame) -> pl.DataFrame:
    for value, by, alias, floor in (
        ("hours_booked", ("person_id",), "hours_person_z", 0.5),
        ("hours_booked", ("person_id", "project_id"), "hours_project_z", 0.5),
        ("day_hours", ("person_id",), "day_person_z", 0.5),
        ("week_hours", ("person_id",), "week_person_z", 2.0),
        ("lag_days", ("person_id",), "lag_person_z", 1.0),
        ("description_length", ("person_id",), "description_person_z", 4.0),
    ):
        lines = with_robust_z(lines, value=value, by=by, alias=alias, floor=floor)
    person = ("person_id",)
    return lines.with_columns(
        weekday_rarity=rarity(of=(*person, "weekday"), within=person),
        project_rarity=rarity(of=(*person, "project_id"), within=person),
        role_rarity=rarity(of=(*person, "role"), within=person),
        stranger_rarity=rarity(of=("project_id", "person_id"), within=("project_id",)),
        description_rarity=rarity(of=(*person, "description"), within=person),
        billable_rarity=rarity(of=("project_id", "billable"), within=("project_id",)),
    )


def _with_person(rows: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    people = (
        one_per(reader.core("person", as_of=as_of), "person_id")
        .select(
            "person_id",
            "calendar_id",
            "hire_date",
            "termination_date",
            "weekly_hours",
            pl.col("role").alias("home_role"),
            pl.col("legal_entity_id").alias("employer_id"),
        )
        .collect()
    )
    return rows.join(people, on="person_id", how="left", maintain_order="left")


def _with_project(rows: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    projects = (
        one_per(reader.core("project", as_of=as_of), "project_id")
        .select(
            "project_id",
            pl.col("status").alias("project_status"),
            pl.col("start_date").alias("project_start"),
            pl.col("actual_end_date").alias("project_end"),
        )
        .collect()
    )
    tasks = (
        one_per(reader.core("task", as_of=as_of), "task_id")
        .select("task_id", pl.col("billable").alias("task_billable"), pl.col("project_id").alias("task_project_id"))
        .collect()
    )
    return rows.join(projects, on="project_id", how="left", maintain_order="left").join(
        tasks, on="task_id", how="left", maintain_order="left"
    )


def _with_calendar(rows: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    holidays = (
        reader.core("holiday", as_of=as_of)
        .select("calendar_id", pl.col("holiday_date").alias("work_date"), is_holiday=True)
        .unique(["calendar_id", "work_date"])
        .collect()
    )
    leaves = (
        reader.core("leave", as_of=as_of)
        .filter(pl.col("status").fill_null("approved") == "approved")
        .select("leave_id", "person_id", "start_date", "end_date")
        .collect()
    )
    away = (
        rows.select("object_id", "person_id", "work_date")
        .join(leaves, on="person_id")
        .filter(pl.col("work_date").is_between("start_date", "end_date"))
        .group_by("object_id")
        .agg(pl.col("leave_id").min())
    )
    return rows.join(holidays, on=["calendar_id", "work_date"], how="left", maintain_order="left").join(
        away, on="object_id", how="left", maintain_order="left"
    )


def _with_assignment(rows: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Say whether a booking covers the day: null where the project has no bookings at all to compare with."""
    bookings = (
        reader.core("assignment", as_of=as_of)
        .filter(pl.col("status").fill_null("active") != "cancelled")
        .select("project_id", "person_id", "start_date", "end_date", pl.col("role").alias("booked_role"))
        .collect()
    )
    slack = timedelta(days=policy(reader).assignment_slack_days)
    covering = (
        rows.select("object_id", "project_id", "person_id", "work_date")
        .join(bookings, on=["project_id", "person_id"])
        .filter(pl.col("work_date").is_between(pl.col("start_date") - slack, pl.col("end_date") + slack))
        .group_by("object_id")
        .agg(pl.col("booked_role").drop_nulls().unique().sort(), is_assigned=pl.lit(True))
    )
    planned = bookings.select("project_id").drop_nulls().unique().with_columns(is_planned=True)
    return (
        rows.join(planned, on="project_id", how="left", maintain_order="left")
        .join(covering, on="object_id", how="left", maintain_order="left")
        .with_columns(is_assigned=pl.when("is_planned").then(pl.col("is_assigned").fill_null(False)))
    )


def _with_value(rows: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    routed = rows.join(contracts_of(reader, as_of=as_of), on="project_id", how="left", maintain_order="left")
    values = (
        reader.rule("int_time_value", as_of=as_of, columns=("time_entry_id", *VALUED))
        .unique("time_entry_id", keep="first", maintain_order=True)
        .rename({"time_entry_id": "object_id"})
        .collect()
    )
    billed = pl.col("bill_amount").is_not_null()
    return routed.join(values, on="object_id", how="left", maintain_order="left").with_columns(
        value=pl.when(billed).then("bill_amount").otherwise("cost_amount").abs(),
        currency=pl.when(billed).then("bill_currency").otherwise("cost_currency"),
        legal_entity_id=pl.coalesce("legal_entity_id", "employer_id"),
    )
