"""Deliveries: the versions of every entity cut into drops by the moment they were recorded, and written."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from leadline.simulator import emit
from leadline.simulator.days import Ints, at, day
from leadline.simulator.presets import Preset
from leadline.simulator.versions import STAMP, VersionLog

END_OF_DAY_HOUR = 23.99
# One version in so many arrives a drop late.
LATE_EVERY = 37
# A source that is down: its drops of these numbers, counted from the backfill, come with the one after them.
OUTAGE_SYSTEM, OUTAGE_DROPS = "crm", (4, 5)


def drops(chosen: Preset) -> list[date]:
    """Return the days on which extracts are delivered: one backfill, then one drop a week until the end."""
    weeks = range(chosen.weekly_drops, -1, -1)
    return [chosen.as_of - timedelta(weeks=week) for week in weeks]


def end_of(chosen: Preset) -> int:
    """Return the last moment of the simulation, in seconds."""
    return at(day(chosen.as_of), END_OF_DAY_HOUR)


def write_extracts(chosen: Preset, log: VersionLog, out: Path, cohort: int) -> dict[str, int]:
    """Write all entities of a cohort, one after the other, and return the number of versions of each."""
    rows: dict[str, int] = {}
    delivered = set(log.delivered())
    for shape in emit.shapes():
        if (shape.system, shape.entity) in delivered:
            written = _write_entity(chosen, shape, log, out, cohort)
            rows[shape.entity] = rows.get(shape.entity, 0) + written
            log.release(shape.system, shape.entity)
    return rows


def _write_entity(chosen: Preset, shape: emit.Shape, log: VersionLog, out: Path, cohort: int) -> int:
    days = drops(chosen)
    parts: dict[int, list[Path]] = {}
    count = 0
    for number, table in enumerate(log.tables(shape.system, shape.entity, until=end_of(chosen))):
        count += table.height
        drop = _drop_of(table, shape.system, days)
        for place in np.unique(drop).tolist():
            target = emit.drop_path(shape, out / "extracts" / days[place].isoformat(), cohort + 1)
            piece = target.with_name(f"{target.name}.{number:04d}")
            parts.setdefault(place, []).append(emit.write_drop(shape, table.filter(pl.Series(drop == place)), piece))
    for place, pieces in parts.items():
        emit.join_parts(shape, pieces, emit.drop_path(shape, out / "extracts" / days[place].isoformat(), cohort + 1))
    return count


def _drop_of(table: pl.DataFrame, system: str, days: list[date]) -> Ints:
    """Return the number of the drop that delivers each version."""
    edges = np.array([at(day(when), END_OF_DAY_HOUR) for when in days], dtype=np.int64) * 1_000_000
    stamps = table[STAMP].cast(pl.Int64).to_numpy()
    drop = np.searchsorted(edges, stamps, side="left")
    late = (stamps // 1_000_000) % LATE_EVERY == 0
    drop = np.where((drop > 0) & late, np.minimum(drop + 1, len(days) - 1), drop)
    if system == OUTAGE_SYSTEM:
        drop = np.where(np.isin(drop, OUTAGE_DROPS), max(OUTAGE_DROPS) + 1, drop)
    return np.asarray(drop, dtype=np.int64)
