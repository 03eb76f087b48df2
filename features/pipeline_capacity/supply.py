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

    Contractual hours over 40, times the person's billable target, less approved leave and public holidays, less the
    people expected to leave (attrition of the past two years). As of: persons, leave and calendars known then.
    """
    people = _people(reader, as_of=as_of)
    grid = people.join(pl.DataFrame({"week": weeks}, schema={"week": pl.Date}), how="cross").filter(
        (pl.col("hire_date") <= pl.col("week"))
        & (pl.col("termination_date").is_null() | (pl.col("termination_date") > pl.col("week")))
    )
    away = _days_away(reader, people, as_of=as_of, weeks=weeks)
    hazard, first = attrition(reader, as_of=as_of), weeks[0]
    ahead = (pl.col("week") - pl.lit(first)).dt.total_days() / 7 + 1
    present = 1 - (pl.col("days_away").fill_null(0).clip(0, WORK_DAYS) / WORK_DAYS)
    return (
        grid.join(away, on=["person_id", "week"], how="left")
        .with_columns(free=pl.col("fte") * present * (1 - hazard) ** ahead)
        .sort("person_id", "week")
        .group_by(CELL, maintain_order=True)
        .agg(supply=pl.col("free").sum(), heads=pl.len())
        .sort(CELL)
    )


def asked_roles(reader: PointInTimeReader, *, as_of: datetime) -> frozenset[str]:
    """Return the roles that client work was ever booked, requested or sold for; the back office is no bench."""
    people = reader.core("person", as_of=as_of).select("person_id", pl.col("role").alias("own_role"))
    bookings = reader.core("assignment", as_of=as_of).join(people, on="person_id", how="left")
    roles = [
        bookings.select(role=pl.coalesce("role", "own_role")),
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

    Grain: booking or request (``row_id``). ``kind``: ``hard`` and ``soft`` bookings of people, ``requested`` open role
    requests of running projects that are not filled yet; ``fte`` of a full week. Soft bookings for deals are left out:
    the pipeline speaks for those.
    """
    rows = pl.concat([_bookings(reader, as_of=as_of), _requests(reader, as_of=as_of)])
    return rows.filter(pl.col("end_date") > naive(as_of).date()).sort("row_id", "kind").collect()


def booked(placed: pl.DataFrame, *, weeks: list[date]) -> pl.DataFrame:
    """Sum placements by ``role, region, week`` into ``hard``, ``soft`` and ``requested`` full-time equivalents."""
    grid = placed.join(pl.DataFrame({"week": weeks}, schema={"week": pl.Date}), how="cross").filter(
        (pl.col("start_date") < pl.col("week") + timedelta(days=WORK_DAYS)) & (pl.col("end_date") >= pl.col("week"))
    )
    kinds = ("hard", "soft", "requested")
    return (
        grid.sort("row_id", "week")
        .group_by(CELL, maintain_order=True)
        .agg(pl.col("fte").filter(pl.col("kind") == kind).sum().alias(kind) for kind in kinds)
        .sort(CELL)
    )


def _people(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """People not known to have left, with the share of a full week they sell."""
    hours = pl.col("weekly_hours").cast(pl.Float64).fill_null(FULL_WEEK_HOURS) / FULL_WEEK_HOURS
    return (
        reader.core("person", as_of=as_of)
        .filter(pl.col("status").fill_null("active") != "left")
        .select(
            "person_id",
            "role",
            "calendar_id",
            "hire_date",
            "termination_date",
            region=pl.col("region").fill_null(ANYWHERE),
            fte=hours * pl.col("billable_target").cast(pl.Float64).fill_null(1.0),
        )
        .sort("person_id")
        .collect()
    )


def _days_away(reader: PointInTimeReader, people: pl.DataFrame, *, as_of: datetime, weeks: list[date]) -> pl.DataFrame:
    """Working days each person is on leave or holiday, per week; a day that is both counts once."""
    first, last = weeks[0], weeks[-1] + timedelta(days=6)
    leave = (
        reader.core("leave", as_of=as_of)
        .filter((pl.col("status").fill_null("approved") == "approved") & (pl.col("end_date") >= first))
        .filter(pl.col("start_date") <= last)
        .select(
            "person_id",
            day=pl.date_ranges(
                pl.max_horizontal("start_date", pl.lit(first)), pl.min_horizontal("end_date", pl.lit(last))
            ),
        )
        .explode("day", empty_as_null=False)
        .collect()
    )
    holidays = (
        reader.core("holiday", as_of=as_of)
        .filter(pl.col("holiday_date").is_between(first, last))
        .select("calendar_id", day="holiday_date")
        .collect()
    )
    closed = people.select("person_id", "calendar_id").join(holidays, on="calendar_id").select("person_id", "day")
    days = pl.concat([leave.select("person_id", "day"), closed]).filter(pl.col("day").dt.weekday() <= WORK_DAYS)
    monday = pl.col("day") - pl.duration(days=pl.col("day").dt.weekday() - 1)
    return days.unique().group_by("person_id", monday.alias("week")).agg(days_away=pl.len())


def _bookings(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    people = reader.core("person", as_of=as_of).select("person_id", pl.col("role").alias("own_role"), "region")
    return (
        reader.core("assignment", as_of=as_of)
        .filter(pl.col("status").fill_null("active") == "active")
        .filter((pl.col("booking_type") == "hard") | pl.col("opportunity_id").is_null())
        .join(people, on="person_id", how="left")
        .select(
            row_id="assignment_id",
            role=pl.coalesce("role", "own_role"),
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
