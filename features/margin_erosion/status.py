"""What a project's own reports say: latest figures, how stale they are, how the forecast has moved."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from leadline.warehouse.point_in_time import PointInTimeReader, naive

TRAILING_DAYS = 365
PAST_YEARS = 6  # half-yearly starts: three and a half years of growth are recalled, no more
MOVED = 0.005  # a forecast that moves less than half a percent has not been reforecast


def status_features(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the latest reported figures of each project and the history of its forecasts.

    Grain: one row per project with a report. Money in ``status_currency``. Reports may leave fields out: each figure is
    the latest one given. Movements look back 365 days. As of: reports known by ``as_of`` about days up to it.
    """
    reports = reported(reader, as_of=as_of)
    return _latest(reports, as_of=as_of).join(_movements(reports, as_of=as_of), on="project_id", how="left").collect()


def reported(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """Return all reports known by ``as_of``, oldest first, with ``estimate``: the forecast cost at completion.

    The estimate is the reported forecast, else cost to date plus the manager's estimate to complete.
    """
    given = pl.coalesce("forecast_cost", pl.col("actual_cost") + pl.col("etc_cost")).cast(pl.Float64)
    return (
        reader.core("project_status", as_of=as_of)
        .filter(pl.col("status_date") <= naive(as_of).date())
        .with_columns(estimate=pl.when(given > 0).then(given))
        .sort("project_id", "status_date", "known_at", "status_id")
    )


def _latest(reports: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    day = naive(as_of).date()
    quarter_ago = pl.col("status_date") <= day - timedelta(days=91)
    money = ("actual_cost", "etc_cost", "etc_hours", "percent_complete")
    return (
        reports.group_by("project_id", maintain_order=True)
        .agg(
            pl.col("status_id", "status_date").last(),
            pl.col("currency").drop_nulls().last().alias("status_currency"),
            *(pl.col(name).drop_nulls().last().cast(pl.Float64).alias(f"reported_{name}") for name in money),
            pl.col("estimate").drop_nulls().last().alias("reported_forecast"),
            pl.col("forecast_end_date").drop_nulls().last().alias("forecast_end"),
            pl.col("rag").drop_nulls().last().replace_strict({"green": 0.0, "amber": 1.0, "red": 2.0}).alias("rag"),
            pl.col("percent_complete")
            .filter(quarter_ago)
            .drop_nulls()
            .last()
            .cast(pl.Float64)
            .alias("progress_before"),
        )
        .with_columns(status_age_days=(pl.lit(day) - pl.col("status_date")).dt.total_days().cast(pl.Float64))
        .with_columns(progress_90d=pl.col("reported_percent_complete") - pl.col("progress_before"))
        .drop("progress_before", "status_date")
    )


def _movements(reports: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Per project: how often and how far cost and end were reforecast in the trailing year."""
    day = naive(as_of).date()
    recent = pl.col("status_date") > day - timedelta(days=TRAILING_DAYS)
    step, slip = pl.col("step"), pl.col("slip")
    return (
        reports.with_columns(
            step=pl.col("estimate").forward_fill().over("project_id").log().diff().over("project_id"),
            slip=pl.col("forecast_end_date")
            .forward_fill()
            .over("project_id")
            .diff()
            .over("project_id")
            .dt.total_days(),
        )
        .group_by("project_id", maintain_order=True)
        .agg(
            reports_365d=recent.sum().cast(pl.Float64),
            cost_rises_365d=(recent & (step > MOVED)).sum().cast(pl.Float64),
            cost_falls_365d=(recent & (step < -MOVED)).sum().cast(pl.Float64),
            cost_moved_365d=step.filter(recent).sum(),
            cost_moved_last=step.filter(step.abs() > MOVED).last(),
            cost_step_size=step.abs().filter(recent).mean(),
            slips_365d=(recent & (slip > 0)).sum().cast(pl.Float64),
            slipped_days_365d=slip.filter(recent).sum().cast(pl.Float64),
            slipped_days_last=slip.last().cast(pl.Float64),
            first_forecast=pl.col("estimate").drop_nulls().first(),
            first_forecast_end=pl.col("forecast_end_date").drop_nulls().first(),
            days_since_reforecast=(pl.lit(day) - pl.col("status_date").filter(step.abs() > MOVED).last())
            .dt.total_days()
            .cast(pl.Float64),
            days_observed=(pl.lit(day) - pl.col("status_date").first()).dt.total_days().cast(pl.Float64),
        )
    )


def yearly_growths(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return how each project's cost estimate moved over the past years, as far as ``as_of`` can tell.

    Grain: project and year, the years starting every half-year, the latest ending at ``as_of``. ``growth`` is
    log(highest estimate within the year / estimate at its start), as the label has it.
    """
    day, reports = naive(as_of).date(), reported(reader, as_of=as_of)
    years = [_growth(reports, start=day - timedelta(days=TRAILING_DAYS + 182 * past)) for past in range(PAST_YEARS)]
    return pl.concat(years).collect().sort("project_id", "year_start")


def _growth(reports: pl.LazyFrame, *, start: date) -> pl.LazyFrame:
    end, given = start + timedelta(days=TRAILING_DAYS), pl.col("estimate").drop_nulls()
    then = pl.col("estimate").filter(pl.col("status_date") <= start).drop_nulls().last()
    inside = pl.col("estimate").filter(pl.col("status_date") > start).max()
    return (
        reports.filter(pl.col("status_date") <= end)
        .group_by("project_id", maintain_order=True)
        .agg(growth=(pl.coalesce(inside, given.last()) / then).log())
        .drop_nulls("growth")
        .with_columns(year_start=pl.lit(start))
    )
