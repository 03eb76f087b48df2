"""Margin erosion: an open project as seen on one day, and how it ended.

A firm with plans, hours and revenue is judged by its final margin; one that only reports forecasts (a public works
register, say) by how far its forecast cost has grown a year later. Both speak through the same columns.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from features.budgets import approved_plans, open_changes
from features.margin_erosion.billing import invoiced
from features.margin_erosion.cost import EARNED, actual_costs
from features.margin_erosion.outcome import FIXED_PRICE, outcomes, past_of
from features.margin_erosion.policy import policy
from features.margin_erosion.status import status_features
from leadline.warehouse.limits import limited, raw
from leadline.warehouse.point_in_time import PointInTimeReader, naive

# What the risk model learns from: ratios and durations, so that one model fits projects of every size and currency.
FEATURES = (
    "progress",
    "progress_gap",
    "progress_90d",
    "elapsed",
    "spent",
    "hours_spent",
    "log_cpi",
    "log_spi",
    "log_pm_over_plan",
    "log_forecast_over_plan",
    "log_reference_over_plan",
    "burn_over_plan",
    "burn_trend",
    "rate_over_plan",
    "log_billed_over_cost",
    "planned_margin",
    "is_priced",
    "is_fixed_price",
    "log_baseline",
    "planned_days",
    "days_to_end",
    "people",
    "roles",
    "other_share",
    "rag",
    "status_age_days",
    "reports_365d",
    "cost_rises_365d",
    "cost_falls_365d",
    "cost_moved_365d",
    "cost_moved_last",
    "cost_step_size",
    "days_since_reforecast",
    "days_observed",
    "slips_365d",
    "slipped_days_365d",
    "slipped_days_last",
    "slipped_days_total",
    "baseline_growth",
    "rebaselines",
    "days_since_baseline",
    "changes_180d",
    "changes_rejected_180d",
    "pending_share",
    "pending_days",
    "practice_overrun",
    "manager_overrun",
    "type_overrun",
    "practice_growth_rate",
    "type_growth_rate",
)
# Beside the features: keys, money in ``currency`` and the records that reasons are bound to.
CONTEXT = (
    "project_id",
    "project_name",
    "account_id",
    "legal_entity_id",
    "manager_id",
    "practice",
    "project_type",
    "currency",
    "baseline_cost",
    "baseline_revenue",
    "actual_cost",
    "reported_forecast",
    *EARNED,
    "manager_estimate",
    "eac_reference",
    "quarter_of_life",
    "budget_id",
    "status_id",
    "pending_ids",
    "pending_cost",
    "end_date",
    # Ratios that are features only within limits, as they are.
    *raw("elapsed", "burn_over_plan", "burn_trend", "rate_over_plan", "billed_over_cost"),
    "policy_margin_points",
    "policy_cost_growth",
)
OPEN = ("open", "on_hold")
MIN_PROGRESS = 0.05  # earned value of less is noise: the plan speaks
PRIOR_SHARE = 1.0  # the plan counts like the whole budget spent at cost, in the reference CPI: early CPIs are noise
RATIO_LIMIT = 5.0


def features(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return one row per project open at ``as_of`` whose approved cost or forecast is known.

    Grain: project. Columns: ``CONTEXT`` then ``FEATURES`` (floats, null where unknown). Money is in ``currency``, the
    currency of the project's plan. As of: only rows known by ``as_of``, about days up to it.
    """
    projects = _all_projects(reader, as_of=as_of)
    is_open = pl.col("status").is_in(OPEN) & (pl.col("start_date").is_null() | (pl.col("start_date") <= naive(as_of)))
    scored = projects.filter(is_open & (pl.col("baseline_cost") > 0))
    frame = _ratios(_estimates(_progress(scored, as_of=as_of)))
    limits = policy(reader)
    frame = past_of(reader, projects, frame, as_of=as_of).with_columns(
        policy_margin_points=pl.lit(limits.margin_points), policy_cost_growth=pl.lit(limits.cost_growth)
    )
    return frame.select(*CONTEXT, *(pl.col(name).cast(pl.Float64) for name in FEATURES)).sort("project_id")


def labels(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return how the projects open at ``observed_at`` turned out, as known by ``as_of``.

    Grain: project. ``label`` 1: the final margin fell five points or more under the margin approved at ``observed_at``
    (without revenue: the cost estimate came to stand five per cent or more over the approved cost, or over the forecast
    where none was approved, within twelve months); ``slip``: the end moved by
    more than 90 days; ``final_cost`` in the plan's currency. Null until the outcome has matured.
    """
    return outcomes(reader, _all_projects(reader, as_of=observed_at), observed_at=observed_at, as_of=as_of)


def _all_projects(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Every project with plan, cost and reports side by side; ``baseline_cost`` falls back on the reported forecast."""
    plans = approved_plans(reader, as_of=as_of)
    projects = reader.core("project", as_of=as_of).rename({"currency": "project_currency", "name": "project_name"})
    joined = projects.collect().join(plans, on="project_id", how="left")
    for part in (
        actual_costs(reader, as_of=as_of),
        invoiced(reader, as_of=as_of),
        status_features(reader, as_of=as_of),
        open_changes(reader, as_of=as_of),
    ):
        joined = joined.join(part, on="project_id", how="left")
    return joined.with_columns(
        baseline_cost=pl.coalesce("baseline_cost", "reported_forecast"),
        currency=pl.coalesce("plan_currency", "status_currency", "project_currency", pl.lit(reader.reporting_currency)),
        end_date=pl.coalesce("forecast_end", "approved_end", "planned_end_date"),
    ).sort("project_id")


def _progress(frame: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Add how far the work is: by the manager's word, else by hours, else by cost, else by the calendar."""
    day = pl.lit(naive(as_of).date())
    approved_end = pl.coalesce("approved_end", "planned_end_date", "first_forecast_end")
    planned = (approved_end - pl.col("start_date")).dt.total_days().clip(1)
    frame = frame.with_columns(
        *limited((day - pl.col("start_date")).dt.total_days() / planned, "elapsed", 0, RATIO_LIMIT),
        planned_days=planned,
        days_to_end=(pl.col("end_date") - day).dt.total_days(),
        by_hours=pl.col("actual_hours") / (pl.col("actual_hours") + pl.col("reported_etc_hours")),
        by_cost=pl.col("actual_cost") / (pl.col("actual_cost") + pl.col("reported_etc_cost")),
        hours_spent=(pl.col("actual_hours") / pl.col("baseline_hours")).clip(0, RATIO_LIMIT),
        spent=(pl.col("actual_cost") / pl.col("baseline_cost")).clip(0, RATIO_LIMIT),
    ).with_columns(
        # A division of nothing by nothing knows nothing.
        pl.col("by_hours", "by_cost", "hours_spent", "spent").fill_nan(None)
    )
    progress = pl.coalesce("reported_percent_complete", "by_hours", "by_cost", "hours_spent", "elapsed").clip(0, 1)
    frame = frame.with_columns(progress=progress)
    return frame.with_columns(
        progress_gap=pl.col("progress") - pl.coalesce("by_hours", "by_cost", "hours_spent", "elapsed"),
        quarter_of_life=(pl.coalesce("progress", pl.lit(0.0)) * 4).floor().clip(0, 3).cast(pl.Int8) + 1,
    )


def _estimates(frame: pl.DataFrame) -> pl.DataFrame:
    """Add ``eac_reference``, the estimate at completion that the model corrects: BAC/CPI with the CPI shrunk to plan
    early on. The canon's own indices and estimates (``EARNED``) are the rule's.
    """
    bac, cost, done = pl.col("baseline_cost"), pl.col("actual_cost"), pl.col("progress")
    earned = bac * done
    shrunk = ((earned + PRIOR_SHARE * bac) / (cost + PRIOR_SHARE * bac)).clip(1 / RATIO_LIMIT, RATIO_LIMIT)
    frame = frame.with_columns(shrunk_cpi=pl.when(cost > 0).then(shrunk))
    forecast = pl.col("reported_forecast")
    return frame.with_columns(
        manager_estimate=pl.coalesce("eac_manager", forecast, bac),
        eac_reference=pl.coalesce(cost + (bac - earned) / pl.col("shrunk_cpi"), forecast, bac),
    )


def _log_index(name: str) -> pl.Expr:
    """Log of an index within limits, null where so little is done that it is noise."""
    is_ready = pl.col("progress") >= MIN_PROGRESS
    return pl.when(is_ready & (pl.col(name) >= 0)).then(pl.col(name).clip(1 / RATIO_LIMIT, RATIO_LIMIT).log())


def _ratios(frame: pl.DataFrame) -> pl.DataFrame:
    """Turn money and dates into the ratios the model learns from."""
    bac, revenue = pl.col("baseline_cost"), pl.col("baseline_revenue")
    hourly = pl.col("time_cost") / pl.col("costed_hours")
    billed, spent = pl.col("invoiced") / revenue, pl.col("actual_cost") / bac
    pace = billed.clip(0.05, RATIO_LIMIT) / spent.clip(0.05, RATIO_LIMIT)
    is_billed = (revenue > 0) & (pl.col("progress") >= MIN_PROGRESS)
    trend = (3 * pl.col("cost_28d") / pl.col("cost_84d")).fill_nan(None)
    hour = (hourly / (bac / pl.col("baseline_hours"))).fill_nan(None)
    planned_burn = bac / pl.col("planned_days") * 28
    return frame.with_columns(
        *limited(pl.col("cost_28d") / planned_burn, "burn_over_plan", 0, RATIO_LIMIT),
        *limited(trend, "burn_trend", 0, RATIO_LIMIT),
        *limited(hour, "rate_over_plan", 0, RATIO_LIMIT),
        raw_billed_over_cost=pl.when(is_billed & (spent > 0)).then(billed / spent),
        log_cpi=_log_index("cpi"),
        log_spi=_log_index("spi"),
        log_pm_over_plan=(pl.col("manager_estimate") / bac).clip(0.05, 20).log(),
        log_forecast_over_plan=(pl.col("reported_forecast") / bac).clip(0.05, 20).log(),
        log_reference_over_plan=(pl.col("eac_reference") / bac).clip(0.05, 20).log(),
        log_billed_over_cost=pl.when(is_billed).then(pace.log()),
        planned_margin=pl.when(revenue > 0).then(1 - bac / revenue).clip(-1, 1),
        is_priced=(revenue > 0).fill_null(False),
        is_fixed_price=pl.col("billing_method").is_in(FIXED_PRICE).fill_null(False),
        log_baseline=bac.log(),
        other_share=(pl.col("other_cost") / pl.col("actual_cost")).fill_nan(None).clip(0, 1),
        slipped_days_total=(pl.col("forecast_end") - pl.col("first_forecast_end")).dt.total_days(),
        baseline_growth=(bac / pl.coalesce("first_baseline_cost", "first_forecast")).log(),
        pending_share=(pl.col("pending_cost") / bac).clip(-1, RATIO_LIMIT),
    )
