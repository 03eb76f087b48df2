"""The log of versions: every state a source system recorded, each with the moment it was recorded."""

from __future__ import annotations

from typing import Any

import polars as pl

from leadline.kernel.contracts import Entity
from leadline.kernel.contracts import entity as contract

# The columns of one row, by canonical name.
Row = dict[str, Any]

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


class VersionLog:
    """Collects versions of canonical rows per source system and entity.

    Values are plain: dates as day numbers, moments as seconds, amounts as floats. They get their exact types, and
    versions recorded after the end of the simulation are dropped, when a table is taken.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[Row]] = {}
        self._frames: dict[tuple[str, str], list[pl.DataFrame]] = {}

    def add(self, name: str, stamp: int, /, *, system: str = "", deleted: bool = False, **values: Any) -> None:
        """Record one version; ``stamp`` in seconds since the epoch."""
        values[STAMP] = stamp
        values[DELETED] = deleted
        place = (system or contract(name).system, name)
        rows = self._rows.setdefault(place, [])
        rows.append(values)
        if len(rows) >= PACKED_ROWS:
            self._frames.setdefault(place, []).append(_plain(contract(name), rows))
            self._rows[place] = []

    def add_frame(self, name: str, frame: pl.DataFrame, *, system: str = "") -> None:
        """Record many versions; the frame has plain columns, ``stamp`` and, if any are deletions, ``deleted``."""
        self._frames.setdefault((system or contract(name).system, name), []).append(frame)

    def delivered(self) -> list[tuple[str, str]]:
        """Return the pairs (system, entity) that have versions, sorted."""
        return sorted(set(self._rows) | set(self._frames))

    def table(self, system: str, name: str, *, until: int) -> pl.DataFrame:
        """Return the versions recorded up to ``until`` (seconds), typed by the contract, in order of recording."""
        entity = contract(name)
        parts = [_typed(entity, frame) for frame in self._frames.get((system, name), [])]
        rows = self._rows.get((system, name))
        if rows:
            parts.append(_typed(entity, _plain(entity, rows)))
        limit = pl.lit(until * 1_000_000).cast(pl.Datetime("us"))
        kept = [part.filter(pl.col(STAMP) <= limit) for part in parts]
        return pl.concat(kept).sort([STAMP, *entity.key], maintain_order=True)

    def release(self, system: str, name: str) -> None:
        """Forget the versions of an entity, once they are written."""
        self._rows.pop((system, name), None)
        self._frames.pop((system, name), None)


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
