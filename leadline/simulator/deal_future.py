"""The true process run forward: what work the pipeline of a day brings, drawn with all that the firm cannot know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadline.simulator import deal_belief
from leadline.simulator import vocabulary as words
from leadline.simulator.days import Bools, Floats, Ints, as_date, day
from leadline.simulator.deal import Deal
from leadline.simulator.deals import LEAD_DAYS
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams

# Days on which pipelines are looked at: every fourth Monday, counted from this one.
FIRST_MONDAY, STEP_DAYS = 11_323, 28
WARM_UP_DAYS = 60
WEEKS_AHEAD = (4, 8, 13, 20, 26)
DRAWS = 100


@dataclass(frozen=True)
class _Work:
    """What deals bring if won: a row per deal, a column per cell of role and region; and for how many days."""

    cells: list[tuple[str, str]]
    fte: Floats
    days: Ints


def looked_at(preset: Preset) -> list[int]:
    """Return the days on which pipelines are looked at, oldest first."""
    first = day(preset.start) + WARM_UP_DAYS
    start = FIRST_MONDAY + -(-(first - FIRST_MONDAY) // STEP_DAYS) * STEP_DAYS
    return list(range(start, day(preset.as_of) + 1, STEP_DAYS))


def open_deals(deals: list[Deal], preset: Preset) -> tuple[Ints, Ints]:
    """Return (index, day) of every deal open on every day looked at."""
    created = np.array([deal.created for deal in deals])
    closed = np.array([deal.closed for deal in deals])
    days = np.array(looked_at(preset), dtype=np.int64)
    moment, which = np.nonzero((created[None, :] < days[:, None]) & (closed[None, :] >= days[:, None]))
    return which.astype(np.int64), days[moment]


def beliefs(deals: list[Deal], preset: Preset, streams: Streams) -> pl.DataFrame:
    """Return what could be known of every open deal on every day looked at; see :mod:`deal_belief`."""
    which, days = open_deals(deals, preset)
    belief = deal_belief.on_days(deals, which, days, streams)
    return pl.DataFrame(
        {
            "opportunity_id": pl.Series([deal.id for deal in deals]).gather(which),
            "as_of": pl.Series(days.astype(np.int32)).cast(pl.Date),
            "observable": belief.observable,
            "observable_13w": belief.observable_13w,
            "chance": belief.full,
            "chance_13w": belief.full_13w,
        }
    )


def demand(deals: list[Deal], preset: Preset, streams: Streams) -> pl.DataFrame:
    """Return the work that a day's pipeline and deals not yet born bring, as drawn from the true process.

    Grain: as_of x role x region x weeks_ahead; ``draws`` are full-time equivalents at work in that week from deals won
    after the day, every open deal with its true chance.
    """
    rng = streams.rng("demand ahead")
    work = _work(deals)
    which, days = open_deals(deals, preset)
    belief = deal_belief.on_days(deals, which, days, streams)
    stage, age = _place(deals, which, days)
    rows = []
    for on in looked_at(preset):
        here = days == on
        rest = deal_belief.time_left(stage[here], age[here], rng, DRAWS)
        wins = rng.random(rest.shape) < belief.full[here][:, None]
        drawn = _at_work(work, which[here], on + rest, wins, on, rng)
        drawn += _future_deals(deals, work, preset, on, rng)
        rows += _rows(work, drawn, on)
    return pl.DataFrame(rows, schema=["as_of", "role", "region", "weeks_ahead", "draws"], orient="row")


def _work(deals: list[Deal]) -> _Work:
    asks = [
        (number, words.ROLES[role], words.REGIONS[deal.region], fte)
        for number, deal in enumerate(deals)
        for role, fte in deal.asks
    ]
    cells = sorted({(role, region) for _, role, region, _ in asks})
    place = {cell: column for column, cell in enumerate(cells)}
    fte = np.zeros((len(deals), len(cells)))
    for number, role, region, amount in asks:
        fte[number, place[role, region]] += amount
    return _Work(cells, fte, np.array([7 * deal.weeks for deal in deals], dtype=np.int64))


def _place(deals: list[Deal], which: Ints, days: Ints) -> tuple[Ints, Floats]:
    """Return the stage each deal is in on its day, and for how many days."""
    entered = [
        [when for when, _ in deals[number].path if when < on]
        for number, on in zip(which.tolist(), days.tolist(), strict=True)
    ]
    stage = np.array([len(moments) - 1 for moments in entered], dtype=np.int64)
    return stage, np.array([on - moments[-1] for on, moments in zip(days.tolist(), entered, strict=True)], dtype=float)


def _at_work(work: _Work, which: Ints, closes: Floats, wins: Bools, on: int, rng: np.random.Generator) -> Floats:
    """Return drawn demand: draws x cells x weeks ahead."""
    starts = closes + rng.integers(*LEAD_DAYS, closes.shape)
    found = []
    for weeks in WEEKS_AHEAD:
        target = on + 7 * weeks
        busy = wins & (starts <= target) & (target < starts + work.days[which][:, None])
        found.append(busy.T.astype(np.float64) @ work.fte[which])
    return np.stack(found, axis=2)


def _future_deals(deals: list[Deal], work: _Work, preset: Preset, on: int, rng: np.random.Generator) -> Floats:
    """Return drawn demand of deals created after the day: as many as usual, and like those of any time."""
    steady = np.array(
        [number for number, deal in enumerate(deals) if deal.created >= day(preset.start)], dtype=np.int64
    )
    span = 7 * max(WEEKS_AHEAD)
    pace = len(steady) / (day(preset.as_of) - day(preset.start))
    born = round(pace * span)
    alike = rng.choice(steady, size=born)
    created = on + rng.integers(0, span, (born, DRAWS))
    begun = np.zeros(born, dtype=np.int64)
    rest = deal_belief.time_left(begun, np.zeros(born), rng, DRAWS)
    chance = np.array([deals[number].chance for number in alike.tolist()])
    return _at_work(work, alike, created + rest, rng.random(rest.shape) < chance[:, None], on, rng)


def _rows(work: _Work, drawn: Floats, on: int) -> list[tuple[object, str, str, int, list[float]]]:
    return [
        (as_date(on), role, region, weeks, drawn[:, column, horizon].round(3).tolist())
        for column, (role, region) in enumerate(work.cells)
        for horizon, weeks in enumerate(WEEKS_AHEAD)
    ]
