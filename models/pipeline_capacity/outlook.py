"""Demand against supply, week by week: every cell's gap in a thousand drawn futures, and the spans worth a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl

from features.pipeline_capacity.frame import features
from features.pipeline_capacity.policy import Policy, policy
from features.pipeline_capacity.supply import asked_roles, booked, placements, supply, weeks_ahead
from leadline.warehouse.point_in_time import PointInTimeReader, naive
from models.framework.artefact import from_json
from models.framework.risk_model import Artefact
from models.pipeline_capacity.baselines import at_expected_close
from models.pipeline_capacity.hazard import chance_within, default_pools, event_chances, start_pools
from models.pipeline_capacity.parameter_file import Parameters, Simulation, parameters
from models.pipeline_capacity.simulation import (
    Array,
    Asks,
    Cell,
    FutureDeals,
    asks_of,
    demand,
    drawn_future_deals,
    drawn_starts,
)

FUTURE_DEALS_FILE = "unborn.json"  # the name that registered versions carry
WEEKS = 26
PUSH_WEEKS = 13


@dataclass(frozen=True)
class Outlook:
    """The drawn futures and what they are made of; arrays are cells x weeks unless said."""

    simulation: Simulation
    limits: Policy
    deals: pl.DataFrame
    placed: pl.DataFrame
    cells: tuple[Cell, ...]
    weeks: tuple[date, ...]
    asks: Asks
    win: Array  # deals x weeks, to be won in each
    pools: Mapping[str, Sequence[float]]  # weeks that past deals started after expectation, and after their win
    starts: Array  # draws x deals, weeks from the as-of
    offsets: tuple[float, ...]  # weeks from the as-of to each Monday
    chance: Array  # per deal, to be won within the 26 weeks
    push: Array  # per deal, to have its close date pushed within 13 weeks; NaN without a model
    supply: Array
    hard: Array
    soft: Array
    requested: Array
    pipeline: Array  # draws x cells x weeks, deals in play
    future_deals: Array  # draws x cells x weeks, deals not yet in the CRM

    @property
    def gap(self) -> Array:
        """Demand less supply in full-time equivalents: draws x cells x weeks. Shortage is positive, bench negative."""
        fixed = self.hard + self.requested + self.simulation.soft_weight * self.soft - self.supply
        return self.pipeline + self.future_deals + fixed


@dataclass(frozen=True)
class Span:
    """A run of weeks in which one cell is short of people, or has too many. Sizes are positive FTE.

    ``chance``: the share of the drawn futures in which it comes to that, over the weeks together. ``by_week``: what is
    short, or idle, in each week of these futures on average. ``to_place``: of an idle FTE, the part that gaps of the
    same role in other regions could take, week by week; 1 of a shortage.
    """

    cell: int
    first: int
    last: int
    is_shortage: bool
    low: float
    middle: float
    high: float
    chance: float
    by_week: tuple[float, ...]
    to_place: tuple[float, ...]


def outlook(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> Outlook:
    """Draw the futures of all roles and regions for 26 weeks.

    Without a model each deal has the win rate of its stage and closes and starts when it says, and no unheard-of deals
    come in.
    """
    chosen = parameters() if artefact is None else Parameters.trained_with(artefact)
    drawn = chosen.simulation
    frame = features(reader, as_of=as_of)
    deals = frame.filter(pl.col("kind") == "deal")
    weeks = weeks_ahead(as_of, count=WEEKS)
    offsets = [(monday - naive(as_of).date()).days / 7 for monday in weeks]
    roles = pl.col("role").is_in(sorted(asked_roles(reader, as_of=as_of)))
    here = supply(reader, as_of=as_of, weeks=weeks).filter(roles)
    placed = placements(reader, as_of=as_of)
    work = booked(reader, placed, as_of=as_of, weeks=weeks)
    cells = sorted(set(here.select("role", "region").iter_rows()) | set(work.select("role", "region").iter_rows()))
    asks = asks_of(deals, cells)
    if artefact is None:
        win = at_expected_close(deals, deals["stage_win_rate"].fill_null(0.0).to_numpy())
        pools = default_pools(chosen.hazard)
        push, future_deals = np.full(deals.height, np.nan), FutureDeals((), (), np.zeros((0, 0, 0)))
    else:
        events, pools, future_deals = event_chances(deals, artefact), start_pools(artefact), future_deals_from(artefact)
        win, push = events["won"], chance_within(events["slip"], PUSH_WEEKS)
    starts = drawn_starts(deals, win, pools, draws=drawn.draws, seed=drawn.seed)
    grids = {name: _grid(work, name, cells, weeks) for name in ("hard", "soft", "requested")}
    return Outlook(
        simulation=drawn,
        limits=policy(reader),
        deals=deals,
        placed=placed,
        cells=tuple(cells),
        weeks=tuple(weeks),
        asks=asks,
        win=win,
        pools=pools,
        starts=starts,
        offsets=tuple(offsets),
        chance=win.sum(axis=1),
        push=push,
        supply=_grid(here, "supply", cells, weeks),
        **grids,
        pipeline=demand(starts, asks, cells=len(cells), weeks=offsets),
        future_deals=drawn_future_deals(future_deals, cells, weeks=offsets, draws=drawn.draws, seed=drawn.seed),
    )


def spans(view: Outlook) -> list[Span]:
    """Return per cell the weightiest shortage and the weightiest bench, if either is sure enough or large enough.

    A week counts when the band leaves out nought, or the expected gap passes both one full-time equivalent and
    15% of the supply.
    """
    gap, limits = view.gap, view.limits
    tail = (1 - view.simulation.level) / 2
    low, high, mean = np.quantile(gap, tail, axis=0), np.quantile(gap, 1 - tail, axis=0), gap.mean(axis=0)
    large = np.abs(mean) > np.maximum(limits.notable_fte, limits.notable_share * view.supply)
    found = []
    for cell in range(len(view.cells)):
        short = (mean[cell] > 0) & ((low[cell] > 0) | large[cell]) & (mean[cell] >= limits.notable_fte / 2)
        idle = (mean[cell] < 0) & ((high[cell] < 0) | large[cell]) & (mean[cell] <= -limits.notable_fte / 2)
        idle[limits.bench_weeks :] = False
        for flags, is_shortage in ((short, True), (idle, False)):
            run = _weightiest_run(flags, np.abs(mean[cell]))
            if run is not None:
                place = np.ones(mean.shape[1]) if is_shortage else _placeable(view, mean, cell)
                found.append(_span(gap[:, cell, :], place, tail, cell=cell, run=run, is_shortage=is_shortage))
    return found


def share_by_deal(view: Outlook, span: Span) -> list[tuple[int, float]]:
    """Return the deals that ask for the span's cell with their expected FTE over its weeks, largest first."""
    weeks = view.offsets[span.first : span.last + 1]
    rows = np.flatnonzero(view.asks.cell == span.cell)
    share: dict[int, float] = {}
    for row in rows:
        first = view.starts[:, view.asks.deal[row]] + view.asks.offset[row]
        active = np.mean([(first <= week) & (week < first + view.asks.weeks[row]) for week in weeks])
        deal = int(view.asks.deal[row])
        share[deal] = share.get(deal, 0.0) + float(active) * float(view.asks.fte[row])
    return sorted(((deal, fte) for deal, fte in share.items() if fte > 0), key=lambda pair: (-pair[1], pair[0]))


def future_deals_text(future_deals: FutureDeals) -> dict[str, object]:
    """Return past work of unheard-of deals as plain lists, for the artefact."""
    return {
        "cells": [list(cell) for cell in future_deals.cells],
        "horizons": list(future_deals.horizons),
        "past": np.round(future_deals.past, 3).tolist(),
    }


def future_deals_from(artefact: Mapping[str, str]) -> FutureDeals:
    """Read back what ``future_deals_text`` wrote."""
    document = from_json(artefact, FUTURE_DEALS_FILE)
    cells = tuple((role, region) for role, region in document["cells"])
    past = np.array(document["past"], dtype=np.float64).reshape(-1, len(cells), len(document["horizons"]))
    return FutureDeals(cells=cells, horizons=tuple(document["horizons"]), past=past)


def _grid(frame: pl.DataFrame, column: str, cells: Sequence[Cell], weeks: Sequence[date]) -> Array:
    grid = np.zeros((len(cells), len(weeks)))
    row = {cell: index for index, cell in enumerate(cells)}
    place = {week: index for index, week in enumerate(weeks)}
    for role, region, week, value in frame.select("role", "region", "week", column).iter_rows():
        grid[row[role, region], place[week]] = value
    return grid


def _weightiest_run(flags: np.ndarray, size: Array) -> tuple[int, int] | None:
    """Return first and last week of the run of flagged weeks with the largest summed size."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    runs = [(int(first), int(last) - 1) for first, last in edges.reshape(-1, 2)]
    return max(runs, key=lambda run: (float(size[run[0] : run[1] + 1].sum()), -run[0])) if runs else None


def _placeable(view: Outlook, mean: Array, cell: int) -> Array:
    """Return per week which part of a cell's idle people the gaps of its role in other regions could take.

    Benches of one role share these gaps in proportion to their size, so that none is filled twice.
    """
    same = [index for index, (role, _) in enumerate(view.cells) if role == view.cells[cell][0]]
    short, idle = np.clip(mean[same], 0, None).sum(axis=0), np.clip(-mean[same], 0, None).sum(axis=0)
    return np.asarray(np.clip(short / np.maximum(idle, 1e-9), 0, 1), dtype=np.float64)


def _span(gap: Array, place: Array, tail: float, *, cell: int, run: tuple[int, int], is_shortage: bool) -> Span:
    """Average the drawn gap over the run of weeks and take its band; a bench is given as a positive number."""
    weeks = slice(run[0], run[1] + 1)
    drawn = (1.0 if is_shortage else -1.0) * gap[:, weeks]
    over_weeks = drawn.mean(axis=1)
    ends = [round(tail, 9), 0.5, round(1 - tail, 9)]
    low, middle, high = (float(value) for value in np.quantile(over_weeks, ends))
    comes = over_weeks > 0
    # A thousand futures do not make anything certain: one more of either kind is added.
    chance = (int(comes.sum()) + 1) / (len(comes) + 2)
    by_week = np.clip(drawn[comes], 0, None).mean(axis=0) if comes.any() else np.zeros(drawn.shape[1])
    shares = tuple(float(share) for share in place[weeks])
    return Span(cell, run[0], run[1], is_shortage, low, middle, high, chance, tuple(map(float, by_week)), shares)
