"""Who is there and what they are booked on, week by week: the other side of demand."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from leadline.kernel.stakes import ANYWHERE
from leadline.warehouse.point_in_time import PointInTimeReader, naive

FULL_WEEK_HOURS = 40.0
WORK_DAYS = 5
PAST_WEEKS = 104
PRIOR_LEAVERS = 1.0  # attrition is never believed to be nought: one leaver in four person-years is added
PRIOR_PERSON_WEEKS = 208.0
CELL = ["role", "region", "week"]


def weeks_ahead(as_of: datetime, *, count: int) -> list[date]:
    """Return the next Mondays after ``as_of``."""
    day = naive(as_of).date()
    monday = day + timedelta(days=7 - day.weekday())
    return [monday + timedelta(weeks=index) for index in range(count)]


def supply(reader: PointInTimeReader, *, as_of: datetime, weeks: list[date]) -> pl.DataFrame:
    """Return the full-time equivalents free for client work: ``role, region, week, supply, heads``.

    Available hours (rule ``int_person_week``) over 40, times the person's billable target, less the people expected to
    leave (attrition of the past two years). As of: persons, leave and calendars known then.
    """
    columns = ("person_id", "week_start", "role", "region", "available_hours")
    here = reader.rule_part("int_person_week", as_of=as_of, columns=columns, where=_within(weeks))
    target = pl.col("billable_target").cast(pl.Float64).fill_null(1.0)
    targets = reader.core("person", as_of=as_of).select("person_id", target=target)
    ahead = (pl.col("week") - pl.lit(weeks[0])).dt.total_days() / 7 + 1
    hours = pl.col("available_hours").cast(pl.Float64) * pl.col("target")
    stay = (1 - attrition(reader, as_of=as_of)) ** ahead
    return (
        here.rename({"week_start": "week"})
        .join(targets, on="person_id")
        .with_columns(pl.col("region").fill_null(ANYWHERE), free=hours / FULL_WEEK_HOURS * stay)
        .sort("person_id", "week")
        .group_by(CELL, maintain_order=True)
        .agg(supply=pl.col("free").sum(), heads=pl.len())
        .sort(CELL)
        .collect()
    )


def asked_roles(reader: PointInTimeReader, *, as_of: datetime) -> frozenset[str]:
    """Return the roles that client work was ever booked, requested or sold for; the back office is no bench."""
    roles = [
        reader.rule("int_booking", as_of=as_of, columns=["role"]),
        reader.core("staffing_request", as_of=as_of).select("role"),
        reader.core("opportunity_role_demand", as_of=as_of).select("role"),
    ]
    return frozenset(pl.concat(roles).drop_nulls().unique().collect()["role"].to_list())


def attrition(reader: PointInTimeReader, *, as_of: datetime) -> float:
    """Return the chance that a person leaves in any one week, from two years of leavers, shrunk."""
    day = naive(as_of).date()
    start = day - timedelta(weeks=PAST_WEEKS)
    people = reader.core("person", as_of=as_of).filter(pl.col("hire_date") <= day).collect()
    until = pl.min_horizontal(pl.col("termination_date").fill_null(day), pl.lit(day))
    stayed = (until - pl.max_horizontal(pl.col("hire_date"), pl.lit(start))).dt.total_days().clip(0) / 7
    left = pl.col("termination_date").is_between(start, day)
    found = people.sort("person_id").select(weeks=stayed.sum(), left=left.sum())
    weeks, leavers = float(found["weeks"][0]), float(found["left"][0])
    return (leavers + PRIOR_LEAVERS) / (weeks + PRIOR_PERSON_WEEKS)


def placements(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the work already placed with somebody or asked for.

    Grain: booking or request (``row_id``). ``kind``: ``hard`` and ``soft`` bookings of people (rule ``int_booking``),
    ``requested`` open role requests of running projects that are not filled yet; ``fte`` of a full week. Soft bookings
    for deals are left out: the pipeline speaks for those.
    """
    rows = pl.concat([_bookings(reader, as_of=as_of), _requests(reader, as_of=as_of)])
    return rows.filter(pl.col("end_date") > naive(as_of).date()).sort("row_id", "kind").collect()


def booked(reader: PointInTimeReader, placed: pl.DataFrame, *, as_of: datetime, weeks: list[date]) -> pl.DataFrame:
    """Sum placements by ``role, region, week`` into ``hard``, ``soft`` and ``requested`` full-time equivalents.

    Bookings count their hours of the week (rule ``int_booking_week``) over 40; a request, whose person and holidays are
    not known yet, all of its hours in each week that it touches.
    """
    columns = ("assignment_id", "week_start", "booked_hours")
    rows = reader.rule_part("int_booking_week", as_of=as_of, columns=columns, where=_within(weeks))
    hours = rows.select(
        pl.col("assignment_id").alias("row_id"),
        pl.col("week_start").alias("week"),
        week_fte=pl.col("booked_hours").cast(pl.Float64) / FULL_WEEK_HOURS,
    ).collect()
    of_people = placed.filter(pl.col("kind") != "requested").join(hours, on="row_id")
    grid = placed.filter(pl.col("kind") == "requested").join(
        pl.DataFrame({"week": weeks}, schema={"week": pl.Date}), how="cross"
    )
    asked = grid.filter(
        (pl.col("start_date") < pl.col("week") + timedelta(days=WORK_DAYS)) & (pl.col("end_date") >= pl.col("week"))
    ).with_columns(week_fte="fte")
    kinds = ("hard", "soft", "requested")
    return (
        pl.concat([of_people, asked.select(of_people.columns)])
        .sort("row_id", "week")
        .group_by(CELL, maintain_order=True)
        .agg(pl.col("week_fte").filter(pl.col("kind") == kind).sum().alias(kind) for kind in kinds)
        .sort(CELL)
    )


def _within(weeks: list[date]) -> str:
    return f"week_start between date '{weeks[0]}' and date '{weeks[-1]}'"


def _bookings(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    people = reader.core("person", as_of=as_of).select("person_id", "region")
    return (
        reader.rule("int_booking", as_of=as_of)
        .filter((pl.col("booking_type") == "hard") | pl.col("opportunity_id").is_null())
        .join(people, on="person_id", how="left")
        .select(
            row_id="assignment_id",
            role="role",
            region=pl.col("region").fill_null(ANYWHERE),
            start_date="start_date",
            end_date="end_date",
            fte=pl.col("hours_per_week").cast(pl.Float64) / FULL_WEEK_HOURS,
            kind="booking_type",
        )
        .drop_nulls("role")
    )


def _requests(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    projects = reader.core("project", as_of=as_of).select("project_id", pl.col("region").alias("project_region"))
    return (
        reader.core("staffing_request", as_of=as_of)
        .filter((pl.col("status") == "open") & pl.col("project_id").is_not_null())
        .join(projects, on="project_id", how="left")
        .select(
            row_id="request_id",
            role="role",
            region=pl.coalesce("region", "project_region", pl.lit(ANYWHERE)),
            start_date="start_date",
            end_date="end_date",
            fte=pl.col("hours_per_week").cast(pl.Float64).fill_null(FULL_WEEK_HOURS) / FULL_WEEK_HOURS,
            kind=pl.lit("requested"),
        )
    )
