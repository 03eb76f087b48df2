"""Observed capacity by month, for whoever has no pipeline to show: an industry's or a firm's head count."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from leadline.warehouse.point_in_time import PointInTimeReader, naive

MONTHS = 12
SERIES_FEATURES = ("growth_12", "growth_12_before", "growth_60")


def monthly_series(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the months observed and known by ``as_of``: ``role, region, period_start, capacity, unit``, gap-free.

    A month that was not delivered stays null, so that shifting by twelve rows is always shifting by a year.
    """
    rows = (
        reader.core("capacity_series", as_of=as_of)
        .filter(pl.col("period_start") <= naive(as_of).date())
        .select(
            "role", "region", pl.col("period_start").dt.truncate("1mo"), pl.col("capacity").cast(pl.Float64), "unit"
        )
        .sort("role", "region", "period_start")
        .unique(["role", "region", "period_start"], keep="last", maintain_order=True)
        .collect()
    )
    if not rows.height:
        return rows
    whole = rows.group_by("role", "region", maintain_order=True).agg(
        period_start=pl.date_range(pl.col("period_start").min(), pl.col("period_start").max(), "1mo")
    )
    months = whole.explode("period_start", empty_as_null=False)
    return months.join(rows, on=["role", "region", "period_start"], how="left", maintain_order="left").with_columns(
        pl.col("unit").forward_fill().over("role", "region")
    )


def series_features(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return what each series looks like at its last known month, once for each of the twelve months to come.

    Grain: role x region x ``month_ahead``. ``year_before`` is the value twelve months before the month forecast, so
    that season is taken care of; growths are logs of ratios over twelve months (``growth_60``: yearly, of five years).
    """
    history = monthly_series(reader, as_of=as_of)
    if not history.height:
        return history.with_columns(last_period=pl.col("period_start"))
    value, by = pl.col("capacity"), ["role", "region"]
    logs = history.with_columns(
        growth_12=(value / value.shift(MONTHS).over(by)).log(),
        growth_60=(value / value.shift(5 * MONTHS).over(by)).log() / 5,
    ).with_columns(growth_12_before=pl.col("growth_12").shift(3).over(by))
    last = logs.drop_nulls("capacity").group_by(by, maintain_order=True).last().rename({"period_start": "last_period"})
    ahead = pl.DataFrame({"month_ahead": range(1, MONTHS + 1)}, schema={"month_ahead": pl.Int64})
    grid = last.rename({"capacity": "last_value"}).join(ahead, how="cross", maintain_order="left")
    year_before = history.select(
        *by, pl.col("period_start").alias("base_period"), pl.col("capacity").alias("year_before")
    )
    return (
        grid.with_columns(
            base_period=pl.col("last_period").dt.offset_by(pl.format("{}mo", pl.col("month_ahead") - MONTHS)),
            target_period=pl.col("last_period").dt.offset_by(pl.format("{}mo", pl.col("month_ahead"))),
        )
        .join(year_before, on=[*by, "base_period"], how="left", maintain_order="left")
        .filter((pl.col("last_value") > 0) & (pl.col("year_before") > 0))
        .drop("base_period")
        .sort(*by, "month_ahead")
    )


def series_labels(reader: PointInTimeReader, frame: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Add ``label``: the capacity observed in the month forecast, null until it is known by ``as_of``."""
    known = monthly_series(reader, as_of=as_of).select("role", "region", target_period="period_start", label="capacity")
    return frame.join(known, on=["role", "region", "target_period"], how="left", maintain_order="left")
