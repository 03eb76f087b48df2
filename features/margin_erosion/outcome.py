"""How projects ended, or how far their estimate had grown a year later: labels, and the past that features recall."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.budgets import approved_plans
from features.margin_erosion.billing import invoiced
from features.margin_erosion.cost import actual_costs
from features.margin_erosion.policy import Policy, policy
from features.margin_erosion.status import reported, yearly_growths
from leadline.warehouse.point_in_time import PointInTimeReader, naive

FIXED_PRICE = ("fixed_fee", "milestone", "percent_complete")
PRIOR_PROJECTS = 5.0


def outcomes(
    reader: PointInTimeReader, observed: pl.DataFrame, *, observed_at: datetime, as_of: datetime
) -> pl.DataFrame:
    """Return label, final cost and slip of the projects of ``observed`` as known by ``as_of``; see ``labels``.

    A closed project matures 45 days after its end, so that late entries count; without an end, a register that only
    reports forecasts matures after twelve months, whether the forecast moved or not.
    """
    limits = policy(reader)
    ends = _ended(reader, observed, as_of=as_of, settling_days=limits.settling_days)
    grown = _year_later(reader, observed_at=observed_at, as_of=as_of, days=limits.growth_days)
    frame = (
        observed.select("project_id", "baseline_cost", "baseline_revenue", "end_date")
        .join(ends, on="project_id", how="left")
        .join(grown, on="project_id", how="left")
    )
    year_passed = naive(as_of) >= naive(observed_at) + timedelta(days=limits.growth_days)
    return _labelled(frame, limits, year_passed=year_passed).sort("project_id")


def _labelled(frame: pl.DataFrame, limits: Policy, *, year_passed: bool) -> pl.DataFrame:
    revenue = pl.coalesce("final_revenue", "baseline_revenue")
    planned_margin = 1 - pl.col("baseline_cost") / pl.col("baseline_revenue")
    final_margin = 1 - pl.col("ended_cost") / revenue
    priced = (pl.col("baseline_revenue") > 0) & (revenue > 0)
    later = pl.coalesce("ended_cost", "estimate_at_horizon")
    highest = pl.coalesce("ended_cost", "estimate_highest")
    matured = pl.col("ended_cost").is_not_null() | pl.lit(year_passed)
    grew = pl.when(matured & ~priced.fill_null(False)).then(highest >= limits.cost_growth * pl.col("baseline_cost"))
    eroded = pl.when(priced).then(planned_margin - final_margin >= limits.margin_points)
    slipped = (pl.coalesce("ended_on", "end_at_horizon") - pl.col("end_date")).dt.total_days() > limits.slip_days
    return frame.select(
        "project_id",
        label=pl.coalesce(eroded, grew).cast(pl.Int8),
        final_cost=pl.when(matured & ((pl.col("ended_cost") > 0) | ~priced.fill_null(False))).then(later),
        slip=pl.when(matured).then(slipped).cast(pl.Int8),
    )


def _ended(reader: PointInTimeReader, observed: pl.DataFrame, *, as_of: datetime, settling_days: int) -> pl.DataFrame:
    """Final cost, revenue and day of the projects whose end has matured, in the project's currency."""
    settled = naive(as_of).date() - timedelta(days=settling_days)
    closed = (
        reader.core("project", as_of=as_of)
        .filter((pl.col("status") == "closed") & (pl.col("actual_end_date") <= settled))
        .select("project_id", pl.col("actual_end_date").alias("ended_on"))
        .collect()
    )
    costs = actual_costs(reader, as_of=as_of).select("project_id", "actual_cost")
    latest_reports = (
        reported(reader, as_of=as_of)
        .group_by("project_id", maintain_order=True)
        .agg(
            pl.col("estimate").drop_nulls().last().alias("reported_estimate"),
        )
        .collect()
    )
    revenue = _final_revenue(reader, observed, as_of=as_of)
    final = pl.coalesce("actual_cost", "reported_estimate")
    return (
        closed.join(costs, on="project_id", how="left")
        .join(latest_reports, on="project_id", how="left")
        .join(revenue, on="project_id", how="left")
        .select("project_id", "ended_on", "final_revenue", ended_cost=pl.when(final > 0).then(final))
    )


def _final_revenue(reader: PointInTimeReader, observed: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """What the project earned: the approved price where it is fixed, else what was billed for the work.

    Time-based work that overruns is also billed longer: only the invoices know whether its margin held.
    """
    approved = approved_plans(reader, as_of=as_of).select("project_id", "baseline_revenue")
    billed = invoiced(reader, as_of=as_of)
    is_fixed = pl.col("billing_method").is_in(FIXED_PRICE).fill_null(False)
    earned = pl.when(is_fixed | ~(pl.col("invoiced") > 0)).then("baseline_revenue").otherwise("invoiced")
    return (
        observed.select("project_id", "billing_method")
        .join(approved, on="project_id", how="left")
        .join(billed, on="project_id", how="left")
        .select("project_id", final_revenue=pl.coalesce(earned, "baseline_revenue"))
    )


def _year_later(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime, days: int) -> pl.DataFrame:
    """Estimate of cost and end twelve months after ``observed_at``, and the highest estimate on the way."""
    start, horizon = naive(observed_at).date(), naive(observed_at).date() + timedelta(days=days)
    inside = pl.col("status_date") > start
    return (
        reported(reader, as_of=as_of)
        .filter(pl.col("status_date") <= horizon)
        .group_by("project_id", maintain_order=True)
        .agg(
            estimate_at_horizon=pl.col("estimate").drop_nulls().last(),
            estimate_highest=pl.coalesce(
                pl.col("estimate").filter(inside).max(), pl.col("estimate").drop_nulls().last()
            ),
            end_at_horizon=pl.col("forecast_end_date").drop_nulls().last(),
        )
        .collect()
    )


def past_of(reader: PointInTimeReader, projects: pl.DataFrame, frame: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Add what became of earlier work of the same practice, manager and kind, as known at ``as_of``.

    ``<who>_overrun``: mean log(final cost / approved cost) of closed projects; ``<who>_growth_rate``: share of
    the past years in which an estimate grew by five per cent. Both are shrunk as if five projects had the firm's mean.
    """
    closed = projects.filter(
        (pl.col("status") == "closed") & (pl.col("actual_cost") > 0) & (pl.col("baseline_cost") > 0)
    ).with_columns(overrun=(pl.col("actual_cost") / pl.col("baseline_cost")).log().clip(-2, 2))
    grown = yearly_growths(reader, as_of=as_of).join(
        projects.select("project_id", "practice", "project_type"), on="project_id"
    )
    hits = grown.with_columns(grew=(pl.col("growth").exp() >= policy(reader).cost_growth).cast(pl.Float64))
    recalled = (
        (closed, "overrun", "practice", "practice_overrun"),
        (closed, "overrun", "manager_id", "manager_overrun"),
        (closed, "overrun", "project_type", "type_overrun"),
        (hits, "grew", "practice", "practice_growth_rate"),
        (hits, "grew", "project_type", "type_growth_rate"),
    )
    for rows, value, by, name in recalled:
        frame = _shrunk_mean(frame, rows, value=value, by=by, name=name)
    return frame


def _shrunk_mean(frame: pl.DataFrame, rows: pl.DataFrame, *, value: str, by: str, name: str) -> pl.DataFrame:
    overall = rows.sort("project_id", value)[value].mean()
    means = (
        rows.drop_nulls(by)
        .sort("project_id", value)
        .group_by(by, maintain_order=True)
        .agg(((pl.col(value).sum() + PRIOR_PROJECTS * pl.lit(overall)) / (pl.len() + PRIOR_PROJECTS)).alias(name))
    )
    return frame.join(means, on=by, how="left").with_columns(pl.col(name).fill_null(pl.lit(overall, pl.Float64)))
