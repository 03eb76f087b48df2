"""Which roles a deal asks for, and how much work the deals won since then have really brought."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.pipeline_capacity.deals import decided_deals, work_starts
from leadline.kernel.stakes import ANYWHERE
from leadline.warehouse.point_in_time import PointInTimeReader, naive

HORIZONS = (4, 8, 13, 20, 26)
LATE_DAYS = 14  # wins are booked late: a week of demand is judged two weeks after it has passed
DEFAULT_LEAD_DAYS = 21
DEFAULT_WEEKS = 12


def role_demand(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return what roles every deal needs, as known at ``as_of``.

    Grain: opportunity x role x region x window. ``fte`` full-time equivalents, ``offset_weeks`` after the start,
    ``weeks`` long. A deal without role demand of its own gets its practice's average mix of past won deals (the firm's,
    where the practice has none); ``is_assumed`` says so.
    """
    deals = reader.core("opportunity", as_of=as_of).select(
        "opportunity_id", "practice", "region", "is_won", pl.col("expected_duration_weeks").alias("deal_weeks")
    )
    stated = (
        reader.core("opportunity_role_demand", as_of=as_of)
        .rename({"region": "demand_region"})
        .join(deals, on="opportunity_id")
        .select(
            "opportunity_id",
            "practice",
            "is_won",
            "role",
            region=pl.coalesce("demand_region", "region", pl.lit(ANYWHERE)),
            fte=pl.col("fte").cast(pl.Float64),
            offset_weeks=pl.col("start_offset_weeks").fill_null(0),
            weeks=pl.col("duration_weeks"),
            is_assumed=False,
        )
        .collect()
    )
    silent = deals.collect().join(stated, on="opportunity_id", how="anti")
    columns = ["opportunity_id", "role", "region", "fte", "offset_weeks", "weeks", "is_assumed"]
    rows = pl.concat([stated.select(columns), _assumed(silent, stated).select(columns)])
    return rows.sort("opportunity_id", "role", "region", "offset_weeks", "weeks", "fte")


def _assumed(silent: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """Give deals that name no roles the average mix of past won deals of their practice, else of the firm."""
    won = stated.filter(pl.col("is_won").fill_null(False)).sort("opportunity_id", "role")
    by_practice = _mix(won, "practice")
    firm = _mix(won.with_columns(practice=pl.lit(ANYWHERE)), "practice")
    known_practices = by_practice["practice"].unique().to_list()
    practice = pl.when(pl.col("practice").is_in(known_practices)).then("practice").otherwise(pl.lit(ANYWHERE))
    return (
        silent.with_columns(practice=practice.fill_null(ANYWHERE))
        .join(pl.concat([by_practice, firm]), on="practice")
        .with_columns(
            region=pl.col("region").fill_null(ANYWHERE),
            offset_weeks=pl.lit(0, pl.Int64),
            weeks=pl.coalesce("deal_weeks", pl.lit(DEFAULT_WEEKS, pl.Int64)),
            is_assumed=pl.lit(True),
        )
    )


def _mix(won: pl.DataFrame, by: str) -> pl.DataFrame:
    deals = won.drop_nulls(by).group_by(by).agg(deals=pl.col("opportunity_id").n_unique())
    total = won.drop_nulls(by).group_by(by, "role", maintain_order=True).agg(pl.col("fte").sum())
    return total.join(deals, on=by).select(by, "role", fte=pl.col("fte") / pl.col("deals"))


def cells(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the roles and regions that any deal known at ``as_of`` has asked for, sorted."""
    return role_demand(reader, as_of=as_of).select("role", "region").unique().sort("role", "region")


def realised_demand(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return the work at each horizon that deals won after ``observed_at`` have brought, as known by ``as_of``.

    Grain: role x region x ``horizon`` (weeks). ``label`` is FTE at work in that week; ``future_deals`` the part of it
    from deals that were not yet in the pipeline at ``observed_at``. Null until two weeks after the week has passed.
    """
    start = naive(observed_at)
    universe = cells(reader, as_of=observed_at).join(pl.DataFrame({"horizon": HORIZONS}), how="cross")
    work = _won_work(reader, observed_at=observed_at, as_of=as_of)
    target = pl.lit(start.date()) + pl.duration(weeks=pl.col("horizon"))
    active = (pl.col("from_day") <= target) & (target < pl.col("to_day"))
    sums = (
        universe.join(work, on=["role", "region"])
        .filter(active)
        .sort("role", "region", "horizon", "opportunity_id")
        .group_by("role", "region", "horizon", maintain_order=True)
        .agg(label=pl.col("fte").sum(), future_deals=pl.col("fte").filter(pl.col("is_future_deal")).sum())
    )
    matured = pl.lit(naive(as_of).date()) >= target + timedelta(days=LATE_DAYS)
    return (
        universe.join(sums, on=["role", "region", "horizon"], how="left")
        .with_columns(pl.when(matured).then(pl.col("label", "future_deals").fill_null(0.0)))
        .sort("role", "region", "horizon")
    )


def _won_work(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Role windows of the deals that at ``observed_at`` were still open or unknown and have since been won."""
    before = decided_deals(reader, as_of=observed_at).select("opportunity_id")
    seen = reader.core("opportunity", as_of=observed_at).select("opportunity_id").collect()
    won = decided_deals(reader, as_of=as_of).filter("is_won").join(before, on="opportunity_id", how="anti")
    lead = pl.col("close_date") + timedelta(days=DEFAULT_LEAD_DAYS)
    first_day = pl.coalesce("started_on", "expected_start_date", lead)
    return (
        won.join(work_starts(reader, as_of=as_of), on="opportunity_id", how="left")
        .select(
            "opportunity_id",
            first_day.alias("first_day"),
            is_future_deal=~pl.col("opportunity_id").is_in(seen["opportunity_id"].to_list()),
        )
        .join(role_demand(reader, as_of=as_of), on="opportunity_id")
        .with_columns(from_day=pl.col("first_day") + pl.duration(weeks=pl.col("offset_weeks")))
        .with_columns(to_day=pl.col("from_day") + pl.duration(weeks=pl.col("weeks")))
        .select("opportunity_id", "role", "region", "fte", "from_day", "to_day", "is_future_deal")
    )
