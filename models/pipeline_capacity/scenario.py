"""What if: the drawn futures under other win rates, with hires, or with deals that fall away or start later.

The same luck is drawn as without the scenario, so that two pictures differ by the scenario alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from models.pipeline_capacity.outlook import Outlook
from models.pipeline_capacity.simulation import NEVER, Array, demand, drawn_starts

QUANTILES = (0.5, 0.8, 0.9)


@dataclass(frozen=True)
class Hire:
    """People who are there for client work from a week on, in full-time equivalents."""

    role: str
    region: str
    fte: float
    start: date


@dataclass(frozen=True)
class Scenario:
    """What is otherwise than believed.

    ``win_rate`` multiplies each deal's chance to be won in each week, up to certainty; ``removed`` deals are lost;
    ``slipped`` deals start so many weeks later when won. Deals not yet in the CRM come in as before.
    """

    win_rate: float = 1.0
    removed: frozenset[str] = frozenset()
    slipped: Mapping[str, int] = field(default_factory=dict)
    hires: tuple[Hire, ...] = ()


@dataclass(frozen=True)
class Need:
    """One role in one region over a run of weeks: means over the weeks, in full-time equivalents.

    Attributes:
        demand: its quantiles: half, four in five and nine in ten drawn futures ask for less.
        pipeline: the part of the expected demand that no booking or request holds yet.
    """

    role: str
    region: str
    period: int
    supply: float
    hard: float
    soft: float
    requested: float
    pipeline: float
    demand: tuple[float, ...]

    @property
    def short(self) -> float:
        """What is missing to serve the demand four times in five; nought when nothing is."""
        return max(self.demand[1] - self.supply, 0.0)

    @property
    def bench(self) -> float:
        """What the middle demand leaves idle; nought when nothing is."""
        return max(self.supply - self.demand[0], 0.0)


def under(view: Outlook, scenario: Scenario) -> Outlook:
    """Return the futures under a scenario; deals, roles and regions that are none of the view's change nothing."""
    win, starts = view.win, view.starts
    if scenario.win_rate != 1.0:
        win = _scaled(win, scenario.win_rate)
        drawn = view.simulation
        starts = drawn_starts(view.deals, win, view.pools, draws=drawn.draws, seed=drawn.seed)
    starts, chance = starts.copy(), win.sum(axis=1)
    for index, deal in enumerate(view.deals["opportunity_id"].to_list()):
        if deal in scenario.removed:
            starts[:, index], chance[index] = NEVER, 0.0
        elif deal in scenario.slipped:
            later = starts[:, index] + scenario.slipped[deal]
            starts[:, index] = np.where(starts[:, index] < NEVER, later, NEVER)
    pipeline = demand(starts, view.asks, cells=len(view.cells), weeks=view.offsets)
    supply = view.supply + _hired(view, scenario.hires)
    return replace(view, win=win, starts=starts, chance=chance, pipeline=pipeline, supply=supply)


def needs(view: Outlook, periods: Sequence[Sequence[int]]) -> list[Need]:
    """Return what each cell has and needs in each period, a run of the view's weeks by their places."""
    fixed = view.hard + view.requested + view.simulation.soft_weight * view.soft
    drawn = view.pipeline + view.future_deals
    found = []
    for place, weeks in enumerate(periods):
        chosen = list(weeks)
        sums = drawn[:, :, chosen].mean(axis=2) + fixed[:, chosen].mean(axis=1)
        quantiles = np.quantile(sums, QUANTILES, axis=0)
        coming = drawn[:, :, chosen].mean(axis=(0, 2))
        for cell, (role, region) in enumerate(view.cells):
            supply, hard, soft, requested = (
                float(grid[cell, chosen].mean()) for grid in (view.supply, view.hard, view.soft, view.requested)
            )
            band = tuple(float(quantile) for quantile in quantiles[:, cell])
            found.append(Need(role, region, place, supply, hard, soft, requested, float(coming[cell]), band))
    return found


def _scaled(win: Array, factor: float) -> Array:
    """Multiply chances by a factor; a deal that would pass certainty is certain, its weeks in the same proportion."""
    scaled = win * factor
    whole: Array = np.maximum(scaled.sum(axis=1, keepdims=True), 1.0)
    return scaled / whole


def _hired(view: Outlook, hires: Sequence[Hire]) -> Array:
    extra: Array = np.zeros(view.supply.shape)
    for hire in hires:
        if (hire.role, hire.region) in view.cells:
            extra[view.cells.index((hire.role, hire.region))] += [
                hire.fte * (week >= hire.start) for week in view.weeks
            ]
    return extra
