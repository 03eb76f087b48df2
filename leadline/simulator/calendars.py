"""Billing calendars: when each cycle runs, and up to which day it bills."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.simulator.days import DAY_SECONDS, Ints, add_months, day, month_start, workday_on_or_after
from leadline.simulator.presets import Preset

RUN_HOUR = 6.0


@dataclass(frozen=True)
class Calendar:
    """The runs of one billing cycle: at ``runs[i]`` work up to and including ``cutoffs[i]`` is billed."""

    runs: Ints
    cutoffs: Ints

    def index(self, worked: Ints, ready: Ints) -> Ints:
        """Return the first run that can bill work of a day that was ready (approved) at a moment."""
        by_day = np.searchsorted(self.cutoffs, worked, side="left")
        by_moment = np.searchsorted(self.runs * DAY_SECONDS + int(RUN_HOUR * 3600), ready, side="left")
        return np.minimum(np.maximum(by_day, by_moment), len(self.runs) - 1).astype(np.int64)

    def run_for(self, due: int) -> int:
        """Return the run day that bills something due on a day."""
        return int(self.runs[min(int(np.searchsorted(self.runs, due, side="left")), len(self.runs) - 1)])


def calendars(preset: Preset) -> dict[str, Calendar]:
    """Return the billing calendar of each cycle, long enough for every project's end."""
    first, last = month_start(day(preset.start)), day(preset.as_of) + 800
    months = [add_months(first, n) for n in range(1, (last - first) // 30)]
    month = [(workday_on_or_after(start + 2), start - 1) for start in months]
    half = sorted(month + [(workday_on_or_after(start + 17), start + 14) for start in months])
    week = [(monday + 9, monday + 6) for monday in range(first - (first + 3) % 7, last, 7)]
    made = {"month": month, "half": half, "weekly": week}
    return {
        name: Calendar(
            np.array([run for run, _ in rows], dtype=np.int64), np.array([cut for _, cut in rows], dtype=np.int64)
        )
        for name, rows in made.items()
    }
