"""Turn a finished build into a published snapshot: tables as Parquet, a manifest, one atomic swap.

A snapshot is written under a hidden name beside its final one, flushed to disk, renamed, and only then pointed at by
``current``. Readers see the old snapshot or the new one, whole; a name is never used twice for different content.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from leadline.kernel.files import flush
from leadline.warehouse.database import connect
from leadline.warehouse.snapshot import DATABASE, MANIFEST, PARQUET, row_order, sha256_of

SNAPSHOTS = "snapshots"
CURRENT = "current"
BUILDING = ".building-"
POINTER = ".current-"
STAGING = "stg_"


@dataclass(frozen=True)
class Contents:
    """What a built database holds: facts per published table and view, and the latest moment any row was known."""

    tables: Mapping[str, Mapping[str, Any]]
    views: Mapping[str, Mapping[str, Any]]
    known_until: datetime | None


def sweep(warehouse: Path) -> None:
    """Remove what interrupted builds left behind."""
    for stray in sorted([*(warehouse / SNAPSHOTS).glob(f"{BUILDING}*"), *warehouse.glob(f"{POINTER}*")]):
        discard(stray)


def start(warehouse: Path, snapshot_id: str) -> Path:
    """Return a new, empty, hidden folder to build in."""
    folder = warehouse / SNAPSHOTS / f"{BUILDING}{snapshot_id}-{os.getpid()}"
    folder.mkdir(parents=True)
    return folder


def discard(path: Path) -> None:
    """Remove a file, link or folder, whatever it is."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def link_or_copy(source: Path, folder: Path) -> None:
    """Put a file that never changes into another folder: as a second name of it where the disk can do that."""
    folder.mkdir(exist_ok=True)
    try:
        os.link(source, folder / source.name)
    except OSError:
        shutil.copyfile(source, folder / source.name)


def export(folder: Path, *, carried: Mapping[str, Mapping[str, Any]]) -> Contents:
    """Write every table of a built database as Parquet and say what each holds; ``carried`` are written already.

    Staging is dropped first: its views read the landing zone, and a published file needs nothing else. The other views
    stay in the database, where they read tables beside them, and have no file of their own. Rows are sorted by where
    they came from (core) or by all columns. One thread, so that the same rows give the same bytes.
    """
    (folder / PARQUET).mkdir(exist_ok=True)
    with connect(folder / DATABASE) as connection:
        connection.execute(f"set threads = 1; set temp_directory = '{folder / 'spill'}'; set memory_limit = '2GB'")
        _drop_staging(connection)
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'main' order by table_name"
        ).fetchall()
        tables = {name: carried.get(name) or _export_table(connection, name, folder / PARQUET) for (name,) in names}
        views = {name: {"rows": _count(connection, name)} for name in _views(connection)}
        known_until = _known_until(connection, [name for name in tables if name.startswith("core_")])
        connection.execute("checkpoint")
    discard(folder / "spill")
    return Contents(tables=tables, views=views, known_until=known_until)


def _drop_staging(connection: Any) -> None:
    views = [name for name in _views(connection) if name.startswith(STAGING)]
    tables = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'main' and starts_with(table_name, ?)", [STAGING]
    ).fetchall()
    for kind, names in (("view", views), ("table", [name for (name,) in tables])):
        for name in names:
            connection.execute(f'drop {kind} "{name}"')


def _views(connection: Any) -> list[str]:
    rows = connection.execute("select view_name from duckdb_views() where not internal order by view_name").fetchall()
    return [name for (name,) in rows]


def _count(connection: Any, name: str) -> int:
    return int(connection.execute(f'select count(*) from "{name}"').fetchall()[0][0])  # noqa: S608 - from the catalogue


def _export_table(connection: Any, name: str, parquet: Path) -> dict[str, Any]:
    path = parquet / f"{name}.parquet"
    connection.execute(
        f"copy (select * from \"{name}\" order by {row_order(name)}) to '{path}' "  # noqa: S608 - names come from the catalogue
        "(format parquet, compression zstd, row_group_size 122880)"
    )
    return {"rows": _count(connection, name), "sha256": sha256_of(path), "money": _money_totals(connection, name)}


def _money_totals(connection: Any, name: str) -> dict[str, dict[str, str]]:
    """Return the sum of each money column by currency ('' where the table has none), as text."""
    columns = dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() where table_name = ? order by column_index", [name]
        ).fetchall()
    )
    money = [column for column, kind in columns.items() if kind == "DECIMAL(18,2)"]
    if not money:
        return {}
    currency = "coalesce(currency, '')" if "currency" in columns else "''"
    sums = ", ".join(f'sum("{column}")' for column in money)
    rows = connection.execute(
        f'select {currency} as c, {sums} from "{name}" group by 1 order by 1'  # noqa: S608
    ).fetchall()
    return {
        column: {row[0]: str(row[place]) for row in rows if row[place] is not None}
        for place, column in enumerate(money, start=1)
    }


def _known_until(connection: Any, core: Iterable[str]) -> datetime | None:
    moments = [
        connection.execute(f'select max(known_at) from "{name}"').fetchall()[0][0]  # noqa: S608
        for name in core
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def finish(folder: Path, manifest: Mapping[str, Any]) -> Path:
    """Write the manifest, flush everything to disk, give the folder its final name and point ``current`` at it."""
    snapshots = folder.parent
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", "utf-8")
    for path in sorted(folder.rglob("*")):
        flush(path)
    flush(folder)
    final = _free_name(snapshots, str(manifest["snapshot_id"]))
    folder.rename(final)
    flush(snapshots)
    point_to(final)
    return final


def point_to(snapshot: Path) -> None:
    """Make a published snapshot the current one, in one step that no reader can see half of."""
    warehouse = snapshot.parents[1]
    pointer = warehouse / f"{POINTER}{os.getpid()}"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(Path(SNAPSHOTS) / snapshot.name)
    pointer.replace(warehouse / CURRENT)
    flush(warehouse)


def published(warehouse: Path) -> tuple[Path, ...]:
    """Return the published snapshots, oldest first."""
    manifests = (warehouse / SNAPSHOTS).glob(f"[!.]*/{MANIFEST}")
    return tuple(path.parent for path in sorted(manifests, key=lambda path: (_sequence(path), path.parent.name)))


def next_sequence(warehouse: Path) -> int:
    """Return the number of the next snapshot: one more than the highest on disk."""
    return max((_sequence(folder / MANIFEST) for folder in published(warehouse)), default=0) + 1


def prune(warehouse: Path, *, keep: int) -> None:
    """Remove all but the last ``keep`` snapshots; never the current one."""
    current = (warehouse / CURRENT).resolve()
    old = [folder for folder in published(warehouse) if folder.resolve() != current]
    for folder in old[: max(len(old) - max(keep - 1, 0), 0)]:
        doomed = folder.with_name(f"{BUILDING}old-{folder.name}")
        folder.rename(doomed)
        discard(doomed)


def _sequence(manifest: Path) -> int:
    try:
        return int(json.loads(manifest.read_text("utf-8")).get("sequence", 0))
    except (OSError, ValueError, AttributeError):
        return 0


def _free_name(snapshots: Path, snapshot_id: str) -> Path:
    """Return the snapshot's folder; a forced rebuild of the same id gets a number, as no path is ever reused."""
    names = [snapshot_id, *(f"{snapshot_id}-{number}" for number in range(2, 10_000))]
    return next(snapshots / name for name in names if not (snapshots / name).exists())
