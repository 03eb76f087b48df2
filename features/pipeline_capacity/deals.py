"""Open deals as seen on one day, and what became of them week by week."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.master_data import with_client
from features.rates import to_reporting
from leadline.warehouse.point_in_time import PointInTimeReader, naive

DEAL_FEATURES = (
    "age_days",
    "stage_age_days",
    "stage_win_rate",
    "seller_probability",
    "log_amount",
    "days_to_close",
    "days_overdue",
    "days_close_to_start",
    "duration_weeks",
    "pushes_180d",
    "pushed_days_180d",
    "amount_moved_180d",
    "days_quiet",
    "discount",
    "is_quoted",
    "owner_win_rate",
    "client_win_rate",
    "client_wins_3y",
    "practice_win_rate",
    "service_win_rate",
    "firm_win_rate",
    "is_time_and_materials",
    "is_fixed_price",
    "is_recurring",
)
TRAILING_DAYS = 180
PAST_DAYS = 3 * 365
PRIOR_DEALS = 8.0
HORIZON_WEEKS = 26
PUSH_DAYS = 14  # a close date moved by less is housekeeping


def open_deals(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the deals open at ``as_of`` with what the risk model learns from.

    Grain: opportunity. Rates are shares of won among deals decided in the three years before, shrunk to the firm's own
    as if eight deals had it. Columns: keys, dates, then ``DEAL_FEATURES``. As of: rows known by ``as_of``.
    """
    deals = _deals(reader, as_of=as_of)
    frame = deals.filter(~pl.col("is_decided"))
    for part in (_events(reader, as_of=as_of), _quotes(reader, as_of=as_of)):
        frame = frame.join(part, on="opportunity_id", how="left")
    frame = _with_rates(frame, decided_deals(reader, as_of=as_of), reader, as_of=as_of)
    return _shaped(frame, as_of=as_of).sort("opportunity_id")


def decided_deals(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the deals decided by ``as_of``: ``is_won``, ``close_date`` and what rates are grouped by."""
    return _deals(reader, as_of=as_of).filter("is_decided")


def _deals(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Every deal known, with its client; decided means the source says closed and its day has come."""
    day = pl.lit(naive(as_of).date())
    decided = pl.coalesce("is_closed", pl.col("is_won").is_not_null()) & (pl.col("close_date").fill_null(day) <= day)
    rows = (
        reader.core("opportunity", as_of=as_of)
        .filter(pl.col("created_on") <= day)
        .with_columns(
            is_decided=decided.fill_null(False),
            is_won=pl.col("is_won").fill_null(False),
            close_date=pl.coalesce("close_date", pl.col("known_at").dt.date()),
            as_of_day=day,
            amount_value=pl.col("amount").cast(pl.Float64),
        )
        .sort("opportunity_id")
        .collect()
    )
    rows = with_client(rows, reader=reader, as_of=as_of)
    return to_reporting(
        rows,
        reader=reader,
        as_of=as_of,
        amount="amount_value",
        currency="currency",
        on="as_of_day",
        alias="amount_reporting",
    )


def _events(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Per deal: when the stage was entered, how close date and amount have moved over 180 days."""
    moment = naive(as_of)
    recent = pl.col("event_at") > moment - timedelta(days=TRAILING_DAYS)
    stage, amount = pl.col("event_type") == "stage", pl.col("event_type") == "amount"
    before, after = (pl.col(name).cast(pl.Float64, strict=False) for name in ("old_value", "new_value"))
    pushed = close_date_moves(reader, as_of=as_of).filter(pl.col("moved_at") > moment - timedelta(days=TRAILING_DAYS))
    pushes = pushed.group_by("opportunity_id").agg(
        pushes_180d=(pl.col("days") >= PUSH_DAYS).sum().cast(pl.Float64), pushed_days_180d=pl.col("days").sum()
    )
    return (
        reader.core("opportunity_event", as_of=as_of)
        .filter(pl.col("event_at") <= moment)
        .sort("opportunity_id", "event_at", "event_id")
        .group_by("opportunity_id", maintain_order=True)
        .agg(
            stage_entered=pl.col("event_at").filter(stage).max(),
            last_event=pl.col("event_at").max(),
            amount_moved_180d=(after / before).log().filter(recent & amount & (before > 0) & (after > 0)).sum(),
        )
        .join(pushes.lazy(), on="opportunity_id", how="full", coalesce=True)
        .collect()
    )


def close_date_moves(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return every known move of an expected close date: ``opportunity_id``, ``moved_at``, ``days``.

    Later is positive. From the change log where it is delivered, else from the versions of the deal itself.
    """
    if reader.has("opportunity_event"):
        moves = reader.core("opportunity_event", as_of=as_of).filter(pl.col("event_type") == "expected_close_date")
        reported = moves.select(
            "opportunity_id",
            pl.col("event_at").alias("moved_at"),
            days=(_as_day("new_value") - _as_day("old_value")).dt.total_days().cast(pl.Float64),
        )
    else:
        versions = reader.history("opportunity", as_of=as_of).sort("opportunity_id", "known_at", "source_line")
        days = pl.col("expected_close_date").diff().over("opportunity_id").dt.total_days().cast(pl.Float64)
        reported = versions.select("opportunity_id", pl.col("known_at").alias("moved_at"), days=days)
    moved = pl.col("days").is_not_null() & (pl.col("days") != 0) & (pl.col("moved_at") <= naive(as_of))
    return reported.filter(moved).sort("opportunity_id", "moved_at", "days").collect()


def _as_day(column: str) -> pl.Expr:
    return pl.col(column).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def _quotes(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    return (
        reader.core("quote", as_of=as_of)
        .filter(pl.col("issued_on").fill_null(pl.col("known_at").dt.date()) <= naive(as_of).date())
        .sort("opportunity_id", "issued_on", "quote_id")
        .group_by("opportunity_id", maintain_order=True)
        .agg(discount=pl.col("discount_pct").drop_nulls().last().cast(pl.Float64), is_quoted=pl.lit(1.0).first())
        .collect()
    )


def _with_rates(
    frame: pl.DataFrame, decided: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime
) -> pl.DataFrame:
    past = decided.filter(pl.col("close_date") > naive(as_of).date() - timedelta(days=PAST_DAYS))
    overall = past["is_won"].mean()
    rates = {"owner_win_rate": "owner_id", "client_win_rate": "client_id"}
    rates |= {"practice_win_rate": "practice", "service_win_rate": "service_type"}
    for name, by in rates.items():
        frame = frame.join(_win_rate(past, by=by, overall=overall, name=name), on=by, how="left")
    stages = past.select("opportunity_id", "is_won").join(_stages_passed(reader, as_of=as_of), on="opportunity_id")
    frame = frame.join(
        _win_rate(stages, by="stage", overall=overall, name="stage_win_rate"), on="stage", how="left"
    ).join(
        past.filter("is_won").group_by("client_id").agg(client_wins_3y=pl.len().cast(pl.Float64)),
        on="client_id",
        how="left",
    )
    filled = pl.col(*rates, "stage_win_rate").fill_null(pl.lit(overall, pl.Float64))
    return frame.with_columns(filled, firm_win_rate=pl.lit(overall, pl.Float64))


def _win_rate(past: pl.DataFrame, *, by: str, overall: object, name: str) -> pl.DataFrame:
    won = pl.col("is_won").sum() + PRIOR_DEALS * pl.lit(overall, pl.Float64)
    return past.drop_nulls(by).group_by(by).agg((won / (pl.len() + PRIOR_DEALS)).alias(name))


def _stages_passed(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Every stage a deal was ever in, by its change log or, without one, by the versions of the deal."""
    if not reader.has("opportunity_event"):
        versions = reader.history("opportunity", as_of=as_of).select("opportunity_id", "stage")
        return versions.drop_nulls().unique().sort("opportunity_id", "stage").collect()
    events = reader.core("opportunity_event", as_of=as_of).filter(
        (pl.col("event_type") == "stage") & (pl.col("event_at") <= naive(as_of))
    )
    reported = [events.select("opportunity_id", pl.col(name).alias("stage")) for name in ("old_value", "new_value")]
    return pl.concat(reported).drop_nulls().unique().sort("opportunity_id", "stage").collect()


def _shaped(frame: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Turn dates into distances from the day; keep keys and dates beside the features."""
    day, moment = pl.lit(naive(as_of).date()), pl.lit(naive(as_of))
    close, start, method = pl.col("expected_close_date"), pl.col("expected_start_date"), pl.col("billing_method")
    entered = pl.coalesce("stage_entered", pl.col("created_on").cast(pl.Datetime("us")))
    to_close = (close - day).dt.total_days()
    shaped = frame.with_columns(
        age_days=(day - pl.col("created_on")).dt.total_days(),
        stage_age_days=(moment - entered).dt.total_days(),
        seller_probability=pl.col("probability"),
        log_amount=pl.when(pl.col("amount_reporting") > 0).then(pl.col("amount_reporting").log()),
        days_to_close=to_close,
        days_overdue=pl.max_horizontal(-to_close, 0),
        days_close_to_start=(start - close).dt.total_days(),
        duration_weeks=pl.col("expected_duration_weeks"),
        days_quiet=(moment - pl.coalesce("last_event", entered)).dt.total_days(),
        is_time_and_materials=(method == "time_and_materials"),
        is_fixed_price=method.is_in(["fixed_fee", "milestone", "percent_complete"]),
        is_recurring=method.is_in(["retainer", "managed_service"]),
        **{name: pl.col(name).fill_null(0.0) for name in ("pushes_180d", "pushed_days_180d", "amount_moved_180d")},
        client_wins_3y=pl.col("client_wins_3y").fill_null(0.0),
        is_quoted=pl.col("is_quoted").fill_null(0.0),
    )
    keys = ("opportunity_id", "account_id", "name", "stage", "practice", "region", "legal_entity_id", "owner_id")
    dates = ("expected_close_date", "expected_start_date", "amount_reporting")
    return shaped.select(*keys, *dates, *(pl.col(name).cast(pl.Float64) for name in DEAL_FEATURES))


def deal_outcomes(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return what became, by ``as_of``, of the deals open at ``observed_at``.

    Grain: opportunity. ``outcome`` won, lost or open; ``outcome_week`` counts weeks from ``observed_at`` (a decision
    that was known late counts as the first week); ``slip_week`` is the week of the first push by 14 days or more;
    ``followed_weeks`` how long the deal could be watched, at most 26; ``started_on`` the first day of the work won.
    """
    start, end = naive(observed_at), naive(as_of)
    week = ((pl.col("close_date") - pl.lit(start.date())).dt.total_days() / 7).ceil().clip(1).cast(pl.Int64)
    moves = close_date_moves(reader, as_of=as_of).filter((pl.col("moved_at") > start) & (pl.col("days") >= PUSH_DAYS))
    slips = moves.group_by("opportunity_id").agg(
        slip_week=((pl.col("moved_at").min() - start).dt.total_days() // 7 + 1).cast(pl.Int64)
    )
    rows = _deals(reader, as_of=as_of).join(slips, on="opportunity_id", how="left")
    rows = rows.join(work_starts(reader, as_of=as_of), on="opportunity_id", how="left")
    outcome = pl.when("is_decided").then(pl.when("is_won").then(pl.lit("won")).otherwise(pl.lit("lost")))
    return rows.select(
        "opportunity_id",
        outcome=outcome.otherwise(pl.lit("open")),
        outcome_week=pl.when("is_decided").then(week),
        decided_on=pl.when("is_decided").then("close_date"),
        slip_week="slip_week",
        followed_weeks=pl.lit(min((end - start).days // 7, HORIZON_WEEKS), pl.Int64),
        started_on=pl.when("is_won").then(pl.coalesce("started_on", "expected_start_date")),
    ).sort("opportunity_id")


def work_starts(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the first day of the project that each won deal became, where there is one."""
    return (
        reader.core("project", as_of=as_of)
        .filter(pl.col("opportunity_id").is_not_null() & (pl.col("status") != "cancelled"))
        .group_by("opportunity_id")
        .agg(started_on=pl.col("start_date").min())
        .collect()
    )
