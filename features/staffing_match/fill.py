"""How likely a role stays open if no one acts: learned from how long the firm's requests stayed open before."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.staffing_match.policy import policy
from leadline.warehouse.point_in_time import PointInTimeReader, naive

LOOK_BACK_DAYS = 730
# Weeks of a request's life with a rate of their own; later ones share one.
OLDEST_WEEK = 12
# The firm's mean, and before it the default, count like this many weeks of one open request.
PRIOR_WEEKS = 20.0

Array = NDArray[np.float64]


def with_unfilled_chance(requests: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Add ``lost_weeks`` and ``unfilled_chance`` to open requests (columns raised_known_at, begins and weeks).

    ``lost_weeks``: the weeks of the work until the role could be filled otherwise, ``fill_weeks`` at most.
    ``unfilled_chance``: the chance that an hour of these weeks is not worked since the role is still open, the mean
    over the weeks; a request that has been open for long is rarely filled in its next week.
    """
    weekly = weekly_fill_rates(reader, as_of=as_of)
    today = naive(as_of)
    rows = requests.with_columns(lost_weeks=pl.col("weeks").clip(0.0, float(policy(reader).fill_weeks)))
    ages = ((pl.lit(today) - pl.col("raised_known_at")).dt.total_days() // 7).clip(0)
    ahead = ((pl.col("begins") - pl.lit(today.date())).dt.total_days() // 7).clip(0)
    asked = rows.select(ages.alias("age"), ahead.alias("ahead"), "lost_weeks").iter_rows()
    chances = [_unfilled(weekly, int(age), int(first), weeks) for age, first, weeks in asked]
    return rows.with_columns(pl.Series("unfilled_chance", chances, dtype=pl.Float64))


def weekly_fill_rates(reader: PointInTimeReader, *, as_of: datetime) -> Array:
    """Return the chance that a request is filled in a week of its life, for each week 0 to 12; the last stands for all
    later ones.

    Filled / open requests of that week, over the requests first seen open in the last two years; each week is pulled to
    the firm's mean, and that to the firm's default (``weekly_fill``). As of: what was known at ``as_of``.
    """
    lives = _lives(reader, as_of=as_of)
    weeks, filled = lives["weeks"].to_numpy(), lives["is_filled"].to_numpy()
    default = policy(reader).weekly_fill
    mean = (filled.sum() + PRIOR_WEEKS * default) / ((weeks + 1).sum() + PRIOR_WEEKS)
    rates = []
    for week in range(OLDEST_WEEK + 1):
        last = week == OLDEST_WEEK
        lived = np.clip(weeks - week + 1, 0, None).sum() if last else (weeks >= week).sum()
        hits = (filled & ((weeks >= week) if last else (weeks == week))).sum()
        rates.append((hits + PRIOR_WEEKS * mean) / (lived + PRIOR_WEEKS))
    return np.asarray(rates, dtype=np.float64)


def _lives(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return per request the whole weeks it was open, and whether it was filled then; sorted."""
    at = naive(as_of)
    since = at - timedelta(days=LOOK_BACK_DAYS)
    is_open = (pl.col("status") == "open") & ~pl.col("is_deleted")
    filled, gone = pl.col("status") == "filled", (pl.col("status") == "cancelled") | pl.col("is_deleted")
    known = pl.col("known_at")
    return (
        reader.history("staffing_request", as_of=as_of)
        .group_by("source_system", "request_id")
        .agg(
            opened=known.filter(is_open).min(),
            filled=known.filter(filled & ~pl.col("is_deleted")).min(),
            gone=known.filter(gone).min(),
        )
        .filter((pl.col("opened") > since) & (pl.min_horizontal("filled", "gone").fill_null(at) >= pl.col("opened")))
        .with_columns(
            is_filled=(pl.col("filled") <= pl.col("gone").fill_null(at)).fill_null(False),
            weeks=(pl.min_horizontal("filled", "gone", pl.lit(at)) - pl.col("opened")).dt.total_days() // 7,
        )
        .select("request_id", "weeks", "is_filled")
        .sort("request_id", "weeks", "is_filled")
        .collect()
    )


def _unfilled(weekly: Array, age: int, first: int, weeks: float) -> float:
    """Mean chance over a request's weeks that it is still open, for a request ``age`` weeks old that begins in
    ``first`` weeks.
    """
    count = max(int(np.ceil(weeks)), 1)
    lived = np.minimum(age + np.arange(first + count), OLDEST_WEEK)
    still_open = np.cumprod(1.0 - weekly[lived])
    return float(still_open[first:].mean())
