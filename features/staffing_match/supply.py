"""How many hours each person has left, week by week: the rule ``int_free_week``."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from features.staffing_match.policy import policy
from leadline.warehouse.point_in_time import PointInTimeReader, naive

# Plans look this far ahead; what lies beyond is taken to be like the last week.
HORIZON_WEEKS = 52
NEAR_WEEKS = 4
HOURS = ("contractual_hours", "hard_booked_hours", "soft_booked_hours", "free_hours")


def first_monday(as_of: datetime) -> date:
    """Return the Monday of the week of ``as_of``: the first week plans can use."""
    day = naive(as_of).date()
    return day - timedelta(days=day.weekday())


def free_hours(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return what each person has in each of the 52 weeks from that of ``as_of`` on, while employed.

    Grain: person_id × week (a Monday), sorted. ``contractual_hours``, ``hard_booked_hours``, ``soft_booked_hours`` and
    ``free_hours`` as the rule ``int_free_week`` says, as floats. As of: bookings, leave and calendars known at
    ``as_of``.
    """
    start = first_monday(as_of)
    last = start + timedelta(weeks=HORIZON_WEEKS - 1)
    weeks = f"week_start between date '{start}' and date '{last}'"
    rows = reader.rule_part("int_free_week", as_of=as_of, columns=("person_id", "week_start", *HOURS), where=weeks)
    floats = [pl.col(name).cast(pl.Float64) for name in HOURS]
    return rows.select("person_id", pl.col("week_start").alias("week"), *floats).sort("person_id", "week").collect()


def near_load(reader: PointInTimeReader, free: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return ``booked_share``: booked over contractual hours of the next four weeks, per person, sorted.

    Tentative bookings count by the policy's ``soft_share``. ``free`` comes from :func:`free_hours`.
    """
    soon = free.filter(pl.col("week") < first_monday(as_of) + timedelta(weeks=NEAR_WEEKS))
    booked = pl.col("hard_booked_hours") + pl.col("soft_booked_hours") * policy(reader).soft_share
    return (
        soon.group_by("person_id", maintain_order=True)
        .agg(booked_share=booked.sum() / pl.col("contractual_hours").sum().clip(1.0))
        .sort("person_id")
    )


def bench_days(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return days since each person's last hard booking ended, 0 while booked; people never booked are left out."""
    day = naive(as_of).date()
    ended = pl.min_horizontal(pl.col("end_date").max(), pl.lit(day))
    return (
        reader.rule("int_booking", as_of=as_of, columns=("person_id", "booking_type", "start_date", "end_date"))
        .filter((pl.col("booking_type") == "hard") & (pl.col("start_date") <= day))
        .group_by("person_id")
        .agg(bench_days=(pl.lit(day) - ended).dt.total_days().cast(pl.Float64))
        .sort("person_id")
        .collect()
    )
