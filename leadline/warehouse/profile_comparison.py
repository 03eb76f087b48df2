"""What the integration profiles decide differently, read from a snapshot of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from leadline.warehouse.snapshot import PARQUET, Snapshot

Row = dict[str, Any]
Snapshots = Mapping[str, Snapshot]

ATTRIBUTE = ["object_type", "domain", "attribute"]
OBJECT = ["object_type", "object_id", "attribute"]


@dataclass(frozen=True)
class Comparison:
    """The profiles side by side; every row has a key per profile.

    Attributes:
        attributes: which systems win, per governed attribute, and for how many objects the winning value differs.
        values: each object and attribute whose winning value is not the same under all profiles.
        disagreements: claims overruled, per owner and queue.
        tables: published tables that differ: rows, bytes of the Parquet file, and rows that the table of the profile
            in force does not hold.
    """

    active: str
    profiles: tuple[str, ...]
    attributes: Sequence[Row]
    values: Sequence[Row]
    disagreements: Sequence[Row]
    tables: Sequence[Row]


def compare(snapshots: Snapshots, *, active: str) -> Comparison:
    """Compare the snapshots of the profiles; ``active`` is the profile in force.

    Raises:
        IntegrityError: a published file is not what its manifest says.
    """
    effect = snapshots[active].mart("gov_profile_effect").collect()
    return Comparison(
        active=active,
        profiles=tuple(snapshots),
        attributes=_attributes(snapshots, effect),
        values=_values(effect, tuple(snapshots)),
        disagreements=_disagreements(snapshots),
        tables=_tables(snapshots, active),
    )


def _attributes(snapshots: Snapshots, effect: pl.DataFrame) -> list[Row]:
    """Return a row per attribute: objects, winners by system under each profile, objects whose value differs."""
    differing = effect.filter("value_differs").group_by(ATTRIBUTE).agg(pl.len().alias("values_differ"))
    rows: dict[tuple[str, ...], Row] = {}
    for profile, snapshot in snapshots.items():
        golden = snapshot.mart("golden_attribute").collect()
        won = golden.group_by(*ATTRIBUTE, "winning_system").len().sort(*ATTRIBUTE, "winning_system")
        for *key, system, count in won.iter_rows():
            row = rows.setdefault(tuple(key), dict(zip(ATTRIBUTE, key, strict=True)) | _blank(snapshots))
            row[profile][system] = count
    counts = {tuple(key): count for *key, count in differing.iter_rows()}
    return [row | {"values_differ": counts.get(key, 0)} for key, row in sorted(rows.items())]


def _blank(snapshots: Snapshots) -> Row:
    return {profile: {} for profile in snapshots}


def _values(effect: pl.DataFrame, profiles: tuple[str, ...]) -> list[Row]:
    rows = effect.filter("value_differs").sort(OBJECT)
    return [
        {
            **{name: row[name] for name in (*OBJECT, "domain", "owner")},
            **{profile: row[f"{profile}_value"] for profile in profiles},
        }
        for row in rows.iter_rows(named=True)
    ]


def _disagreements(snapshots: Snapshots) -> list[Row]:
    """Return a row per owner and queue: claims overruled under each profile."""
    rows: dict[tuple[str, str], Row] = {}
    for profile, snapshot in snapshots.items():
        overruled = snapshot.mart("gov_master_data_disagreement").collect()
        for owner, queue, count in overruled.group_by("owner", "steward_queue").len().iter_rows():
            key = (owner or "", queue or "")
            row = rows.setdefault(key, {"owner": owner, "steward_queue": queue} | dict.fromkeys(snapshots, 0))
            row[profile] = count
    return [rows[key] for key in sorted(rows)]


def _tables(snapshots: Snapshots, active: str) -> list[Row]:
    """Return a row per published table that is not the same, to the byte, under all profiles."""
    rows = []
    for table in snapshots[active].tables:
        entries = {profile: snapshot.manifest["tables"][table] for profile, snapshot in snapshots.items()}
        if len({entry["sha256"] for entry in entries.values()}) == 1:
            continue
        base = snapshots[active].mart(table).collect()
        row: Row = {"table": table}
        for profile, snapshot in snapshots.items():
            row[f"{profile}_rows"] = entries[profile]["rows"]
            row[f"{profile}_bytes"] = (snapshot.folder / PARQUET / f"{table}.parquet").stat().st_size
            row[f"{profile}_changed_rows"] = _not_in(snapshot.mart(table).collect(), base)
        rows.append(row)
    return rows


def _not_in(rows: pl.DataFrame, base: pl.DataFrame) -> int:
    """Count the rows that are not among those of ``base``; two empty cells are the same."""
    return rows.join(base, on=rows.columns, how="anti", nulls_equal=True).height
