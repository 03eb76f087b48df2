"""The log of versions: every state a source system recorded, each with the moment it was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl

from leadline.kernel.contracts import Entity
from leadline.kernel.contracts import entity as contract

# The columns of one row, by canonical name; a source system and an entity.
Row = dict[str, Any]
Place = tuple[str, str]

# Rows are packed into columns this many at a time: a row as a dictionary takes ten times the memory.
PACKED_ROWS = 5_000

STAMP = "stamp"
DELETED = "deleted"

_POLARS = {
    "string": pl.String(),
    "currency": pl.String(),
    "boolean": pl.Boolean(),
    "integer": pl.Int64(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us"),
    "money": pl.Decimal(18, 2),
    "rate": pl.Decimal(18, 4),
    "fx": pl.Decimal(18, 8),
    "ratio": pl.Decimal(9, 6),
    "hours": pl.Decimal(9, 2),
    "quantity": pl.Decimal(12, 4),
}


# A frame of plain columns in, one out: what a data fault does to the versions of an entity.
Change = Callable[[pl.DataFrame], pl.DataFrame]


class VersionLog:
    """Collects versions of canonical rows per source system and entity.

    Values are plain: dates as day numbers, moments as seconds, amounts as floats. They get their exact types, and
    versions recorded after the end of the simulation are dropped, when tables are taken.
    """

    def __init__(self) -> None:
        self._rows: dict[Place, list[Row]] = {}
        self._frames: dict[Place, list[pl.DataFrame]] = {}
        self._makers: dict[Place, list[Callable[[], pl.DataFrame]]] = {}
        self._changes: dict[Place, list[Change]] = {}

    def add(self, name: str, stamp: int, /, *, system: str = "", deleted: bool = False, **values: Any) -> None:
        """Record one version; ``stamp`` in seconds since the epoch."""
        values[STAMP] = stamp
        values[DELETED] = deleted
        place = (system or contract(name).system, name)
        rows = self._rows.setdefault(place, [])
        rows.append(values)
        if len(rows) >= PACKED_ROWS:
            self._pack(place)

    def add_frame(self, name: str, frame: pl.DataFrame, *, system: str = "") -> None:
        """Record many versions; the frame has plain columns, ``stamp`` and, if any are deletions, ``deleted``."""
        self._frames.setdefault((system or contract(name).system, name), []).append(frame)

    def add_later(self, name: str, maker: Callable[[], pl.DataFrame]) -> None:
        """Record versions that are only made when they are taken, because all of them at once would fill the memory.

        Makers are taken in order; each must yield later hand-ins than the one before, as no sorting spans two.
        """
        self._makers.setdefault((contract(name).system, name), []).append(maker)

    def alter(self, name: str, change: Change, *, system: str = "") -> None:
        """Change an entity's versions once they are taken; changes are made in the order given."""
        self._changes.setdefault((system or contract(name).system, name), []).append(change)

    def move(self, name: str, source: str, target: str, *, column: str, keys: set[str]) -> None:
        """Hand the versions whose ``column`` is one of ``keys`` from one source system to another."""
        self._pack((source, name))
        for frame in self._frames.pop((source, name), []):
            moves = pl.col(column).is_in(sorted(keys))
            for system, part in ((source, frame.filter(~moves)), (target, frame.filter(moves))):
                if part.height:
                    self.add_frame(name, part, system=system)

    def delivered(self) -> list[Place]:
        """Return the pairs (system, entity) that have versions, sorted."""
        return sorted(set(self._rows) | set(self._frames) | set(self._makers))

    def plain(self, system: str, name: str) -> pl.DataFrame:
        """Return the versions collected so far in plain columns, changes not yet made."""
        self._pack((system, name))
        return pl.concat(self._frames[system, name], how="diagonal")

    def tables(self, system: str, name: str, *, until: int) -> Iterator[pl.DataFrame]:
        """Yield the versions recorded up to ``until`` (seconds), typed by the contract, in order of recording.

        One table, or one after the other for versions added to be made later.
        """
        place, entity = (system, name), contract(name)
        self._pack(place)
        limit = pl.lit(until * 1_000_000).cast(pl.Datetime("us"))

        def finished(frame: pl.DataFrame) -> pl.DataFrame:
            for change in self._changes.get(place, []):
                frame = change(frame)
            return _typed(entity, frame).filter(pl.col(STAMP) <= limit).sort([STAMP, *entity.key], maintain_order=True)

        if self._frames.get(place):
            yield finished(pl.concat(self._frames[place], how="diagonal"))
        for maker in self._makers.get(place, []):
            yield finished(maker())

    def table(self, system: str, name: str, *, until: int) -> pl.DataFrame:
        """Return all versions of :meth:`tables` as one."""
        return pl.concat(self.tables(system, name, until=until))

    def release(self, system: str, name: str) -> None:
        """Forget the versions of an entity, once they are written."""
        for kept in (self._rows, self._frames, self._makers):
            kept.pop((system, name), None)

    def _pack(self, place: Place) -> None:
        """Lay collected rows out as columns."""
        rows = self._rows.pop(place, [])
        if rows:
            self._frames.setdefault(place, []).append(_plain(contract(place[1]), rows))


def _plain(entity: Entity, rows: list[Row]) -> pl.DataFrame:
    """Lay rows out as columns of the plain types that blocks compute with."""
    unknown = {name for row in rows for name in row} - set(entity.columns) - {STAMP, DELETED}
    if unknown:
        raise KeyError(f"{entity.name} has no columns {sorted(unknown)}")
    data = {name: [row.get(name) for row in rows] for name in entity.columns}
    schema = {name: _plain_type(column.type) for name, column in entity.columns.items()}
    frame = pl.DataFrame(data, schema=schema, strict=False)
    return frame.with_columns(
        pl.Series(STAMP, [row[STAMP] for row in rows], dtype=pl.Int64),
        pl.Series(DELETED, [row[DELETED] for row in rows], dtype=pl.Boolean),
    )


def _plain_type(kind: str) -> pl.DataType:
    if kind in ("date", "timestamp", "integer"):
        return pl.Int64()
    if kind in ("string", "currency"):
        return pl.String()
    return pl.Boolean() if kind == "boolean" else pl.Float64()


def _typed(entity: Entity, frame: pl.DataFrame) -> pl.DataFrame:
    """Give plain columns the contract's exact types; columns the frame lacks are null."""
    present = set(frame.columns)
    columns = [
        (_cast(name, column.type) if name in present else pl.lit(None, dtype=_POLARS[column.type])).alias(name)
        for name, column in entity.columns.items()
    ]
    deleted = pl.col(DELETED) if DELETED in present else pl.lit(False)
    return frame.select(*columns, _cast(STAMP, "timestamp").alias(STAMP), deleted.alias(DELETED))


def _cast(name: str, kind: str) -> pl.Expr:
    column = pl.col(name)
    if kind == "timestamp":
        return (column.cast(pl.Int64) * 1_000_000).cast(pl.Datetime("us"))
    if kind == "date":
        return column.cast(pl.Int32).cast(pl.Date)
    return column.cast(_POLARS[kind])
