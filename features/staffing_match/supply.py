"""How many hours each person has left, week by week, after bookings and leave."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from features.staffing_match.policy import policy
from leadline.warehouse.point_in_time import PointInTimeReader, naive

# Plans look this far ahead; what lies beyond is taken to be like the last week.
HORIZON_WEEKS = 52
FULL_WEEK = 40.0
WORKDAYS = 5
NEAR_WEEKS = 4


def first_monday(as_of: datetime) -> date:
    """Return the Monday of the week of ``as_of``: the first week plans can use."""
    day = naive(as_of).date()
    return day - timedelta(days=day.weekday())


def free_hours(reader: PointInTimeReader, people: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return what each person has left in each of the next 52 weeks.

    Grain: person_id × week (a Monday), sorted. ``contract_hours``: contractual hours; ``booked``: hours of hard
    bookings plus a share of soft ones (policy ``soft_share``); ``free``: contractual hours less leave and bookings, not
    negative. Float hours. As of: bookings and leave known at ``as_of``.
    """
    start = first_monday(as_of)
    weeks = pl.DataFrame({"week": [start + timedelta(weeks=n) for n in range(HORIZON_WEEKS)]})
    grid = people.select("person_id", contract_hours=pl.col("weekly_hours").cast(pl.Float64).fill_null(FULL_WEEK)).join(
        weeks, how="cross"
    )
    booked = _booked(reader, start, as_of=as_of)
    away = _away(reader, start, as_of=as_of)
    present = (1.0 - pl.col("away_days").fill_null(0.0) / WORKDAYS).clip(0.0, 1.0)
    return (
        grid.join(booked, on=["person_id", "week"], how="left")
        .join(away, on=["person_id", "week"], how="left")
        .with_columns(pl.col("booked").fill_null(0.0))
        .with_columns(free=(pl.col("contract_hours") * present - pl.col("booked")).clip(0.0))
        .select("person_id", "week", "contract_hours", "booked", "free")
        .sort("person_id", "week")
    )


def near_load(free: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return ``booked_share``: booked over contractual hours of the next four weeks, per person, sorted."""
    soon = free.filter(pl.col("week") < first_monday(as_of) + timedelta(weeks=NEAR_WEEKS))
    return (
        soon.group_by("person_id")
        .agg(booked_share=pl.col("booked").sum() / pl.col("contract_hours").sum().clip(1.0))
        .sort("person_id")
    )


def bench_days(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return days since each person's last hard booking ended, 0 while booked; people never booked are left out."""
    day = naive(as_of).date()
    ended = pl.min_horizontal(pl.col("end_date").max(), pl.lit(day))
    return (
        bookings(reader, as_of=as_of)
        .filter((pl.col("booking_type") == "hard") & (pl.col("start_date") <= day))
        .group_by("person_id")
        .agg(bench_days=(pl.lit(day) - ended).dt.total_days().cast(pl.Float64))
        .sort("person_id")
        .collect()
    )


def bookings(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """Return the bookings that hold as known at ``as_of``, tentative ones too: a row per assignment."""
    return reader.core("assignment", as_of=as_of).filter(pl.col("status").fill_null("active") != "cancelled")


def _booked(reader: PointInTimeReader, start: date, *, as_of: datetime) -> pl.DataFrame:
    soft_share = policy(reader).soft_share
    share = pl.when(pl.col("booking_type") == "soft").then(soft_share).otherwise(1.0)
    rows = bookings(reader, as_of=as_of).select(
        "assignment_id",
        "person_id",
        "start_date",
        "end_date",
        amount=pl.col("hours_per_week").cast(pl.Float64) * share / WORKDAYS,
    )
    days = _workdays_by_week(rows.collect(), start)
    return (
        days.sort("assignment_id", "week")
        .group_by("person_id", "week", maintain_order=True)
        .agg(booked=(pl.col("amount") * pl.col("days")).sum())
    )


def _away(reader: PointInTimeReader, start: date, *, as_of: datetime) -> pl.DataFrame:
    rows = (
        reader.core("leave", as_of=as_of)
        .filter(pl.col("status").fill_null("approved") != "cancelled")
        .select("leave_id", "person_id", "start_date", "end_date")
    )
    days = _workdays_by_week(rows.collect(), start)
    return days.group_by("person_id", "week").agg(away_days=pl.col("days").sum().cast(pl.Float64))


def _workdays_by_week(spans: pl.DataFrame, start: date) -> pl.DataFrame:
    """Spread spans of days over the weeks of the plan; ``days`` counts Mondays to Fridays inside the span."""
    last = start + timedelta(weeks=HORIZON_WEEKS) - timedelta(days=1)
    inside = spans.filter((pl.col("end_date") >= start) & (pl.col("start_date") <= last)).with_columns(
        _from=pl.max_horizontal("start_date", pl.lit(start)), _to=pl.min_horizontal("end_date", pl.lit(last))
    )
    weekly = inside.with_columns(
        week=pl.date_ranges(pl.col("_from").dt.truncate("1w"), pl.col("_to"), interval="1w")
    ).explode("week")
    friday = pl.col("week") + timedelta(days=WORKDAYS - 1)
    first, final = pl.max_horizontal("_from", "week"), pl.min_horizontal("_to", friday)
    return weekly.with_columns(days=((final - first).dt.total_days() + 1).clip(0)).drop("_from", "_to")
