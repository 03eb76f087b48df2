"""From chances to people: drawn futures of the pipeline, and how many of each role they put to work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from features.pipeline_capacity.deals import HORIZON_WEEKS

Array = npt.NDArray[np.float64]
Cell = tuple[str, str]

NEVER = 1e6  # weeks: a deal that is not won starts after the end of all horizons


@dataclass(frozen=True)
class Asks:
    """Role windows of the deals in play, as arrays: which deal, which cell, how many, from and for how many weeks."""

    deal: npt.NDArray[np.int64]
    cell: npt.NDArray[np.int64]
    fte: Array
    offset: Array
    weeks: Array


@dataclass(frozen=True)
class FutureDeals:
    """Work that deals not yet in the CRM brought in the past: past origin x cell x horizon, FTE."""

    cells: tuple[Cell, ...]
    horizons: tuple[int, ...]
    past: Array


def asks_of(deals: pl.DataFrame, cells: Sequence[Cell]) -> Asks:
    """Read the role windows off the deal rows; roles outside ``cells`` are left out."""
    place = {cell: index for index, cell in enumerate(cells)}
    found = [
        (index, place[ask["role"], ask["region"]], ask["fte"], ask["offset_weeks"], ask["weeks"])
        for index, wanted in enumerate(deals["demand"].to_list())
        for ask in wanted or ()
        if (ask["role"], ask["region"]) in place
    ]
    table = np.array(found, dtype=np.float64).reshape(-1, 5)
    whole = table[:, :2].astype(np.int64)
    return Asks(deal=whole[:, 0], cell=whole[:, 1], fte=table[:, 2], offset=table[:, 3], weeks=table[:, 4])


def drawn_starts(
    deals: pl.DataFrame, win: Array, pools: Mapping[str, Sequence[float]], *, draws: int, seed: int
) -> Array:
    """Draw the week work starts (from the day the deals were looked at): draws x deals, ``NEVER`` when not won.

    ``win`` is the chance per deal and week to be won. A deal expected to start after its win starts then, give or take
    what past deals strayed; one already overdue starts as long after its win as past deals did.
    """
    random = np.random.default_rng(seed)
    reached = np.cumsum(win, axis=1)
    luck = random.random((draws, deals.height))
    week = np.zeros(luck.shape, dtype=np.int64)
    for index, line in enumerate(reached):
        week[:, index] = np.searchsorted(line, luck[:, index])
    expected = expected_start_weeks(deals)
    late = np.asarray(pools["after_expected"])[random.integers(len(pools["after_expected"]), size=luck.shape)]
    lead = np.asarray(pools["after_win"])[random.integers(len(pools["after_win"]), size=luck.shape)]
    decided = week + 1.0
    on_plan = np.nan_to_num(expected, nan=-NEVER) >= decided
    start = np.where(on_plan, np.maximum(np.nan_to_num(expected) + late, decided), decided + lead)
    return np.where(week < HORIZON_WEEKS, start, NEVER)


def expected_start_weeks(deals: pl.DataFrame) -> Array:
    """Weeks from the day the deals are looked at to their expected start; NaN where none is given."""
    to_close = pl.col("days_to_close")
    return deals.select(weeks=((to_close + pl.col("days_close_to_start")) / 7).cast(pl.Float64))["weeks"].to_numpy()


def demand(starts: Array, asks: Asks, *, cells: int, weeks: Sequence[float]) -> Array:
    """Return full-time equivalents at work: draws x cells x weeks."""
    first = starts[:, asks.deal] + asks.offset
    share = np.zeros((len(asks.deal), cells))
    share[np.arange(len(asks.deal)), asks.cell] = asks.fte
    active = [((first <= week) & (week < first + asks.weeks)).astype(np.float64) @ share for week in weeks]
    return np.stack(active, axis=2)


def future_deals_of(rows: pl.DataFrame) -> FutureDeals:
    """Collect from demand rows what deals unknown at each past origin brought; only origins seen to the end count."""
    demand_rows = rows.filter((pl.col("kind") == "demand") & pl.col("future_deals").is_not_null())
    demand_rows = demand_rows.sort("observed_at", "role", "region", "horizon")
    seen = demand_rows.group_by("observed_at").agg(horizons=pl.col("horizon").n_unique())
    whole = seen.filter(pl.col("horizons") == demand_rows["horizon"].n_unique())["observed_at"]
    demand_rows = demand_rows.filter(pl.col("observed_at").is_in(whole.to_list()))
    cells = tuple(sorted(set(demand_rows.select("role", "region").iter_rows())))
    horizons = tuple(sorted(demand_rows["horizon"].unique().to_list()))
    origins = demand_rows["observed_at"].unique().sort().to_list()
    past = np.zeros((len(origins), len(cells), len(horizons)))
    at = {"o": {o: i for i, o in enumerate(origins)}, "c": {c: i for i, c in enumerate(cells)}}
    for origin, role, region, horizon, value in demand_rows.select(
        "observed_at", "role", "region", "horizon", "future_deals"
    ).iter_rows():
        past[at["o"][origin], at["c"][role, region], horizons.index(horizon)] = value
    return FutureDeals(cells=cells, horizons=horizons, past=past)


def drawn_future_deals(
    future_deals: FutureDeals, cells: Sequence[Cell], *, weeks: Sequence[float], draws: int, seed: int
) -> Array:
    """Draw whole past origins, so that cells and weeks stay together; weeks between horizons are interpolated."""
    if not len(future_deals.past):
        return np.zeros((draws, len(cells), len(weeks)))
    place = {cell: index for index, cell in enumerate(future_deals.cells)}
    grid = np.zeros((len(future_deals.past), len(cells), len(weeks)))
    for index, cell in enumerate(cells):
        if cell in place:
            for origin, line in enumerate(future_deals.past[:, place[cell], :]):
                grid[origin, index] = np.interp(weeks, (0, *future_deals.horizons), (0.0, *line))
    chosen = np.random.default_rng(seed).integers(len(grid), size=draws)
    return grid[chosen]


def crps(samples: Array, truth: Array) -> Array:
    """Continuous ranked probability score of drawn samples (draws x rows) against the truth of each row.

    E|X - y| - E|X - X'| / 2, the second term from the sorted sample (Gneiting and Raftery 2007, eq. 21).
    """
    draws = len(samples)
    ordered = np.sort(samples, axis=0)
    rank = (2 * np.arange(1, draws + 1) - draws - 1)[:, None]
    spread = np.sum(rank * ordered, axis=0) / draws**2
    return np.asarray(np.mean(np.abs(samples - truth), axis=0) - spread, dtype=np.float64)
