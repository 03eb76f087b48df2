"""A mapping file as data: which files hold which entity, and how each canonical column is filled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Literal

Kind = Literal["column", "constant", "join", "sum", "row_hash", "row_number"]


@dataclass(frozen=True)
class ColumnSource:
    """How one canonical column is filled.

    Attributes:
        kind: copied from a column, constant, joined from several as text, added up from several as numbers, a hash of
            the whole row, or the row's place in its file.
        columns: source columns it reads.
        constant: the constant's text.
        separator: what a joined id puts between its parts.
        formats: date and time formats, tried in order; empty means ISO 8601. In a join, the parts that are dates in
            one of them are written YYYY-MM-DD.
        values: source text -> canonical text, null for "empty"; texts not named stay as they are.
        otherwise: canonical text for every filled text that ``values`` does not name; only if ``has_otherwise``.
        empty: canonical text for rows in which the source is empty.
        prefix: put before the text; makes ids of several sources distinct.
        strip: characters removed from the text before it is read, such as ``$%``.
        scale: the number is multiplied by this.
    """

    kind: Kind
    columns: tuple[str, ...] = ()
    constant: str | None = None
    separator: str = "-"
    formats: tuple[str, ...] = ()
    values: Mapping[str, str | None] = field(default_factory=dict)
    otherwise: str | None = None
    has_otherwise: bool = False
    empty: str | None = None
    prefix: str = ""
    strip: str = ""
    scale: Decimal | None = None


@dataclass(frozen=True)
class KnownAt:
    """The column that the source stamps when it records a change, and how to read it.

    ``delay_days`` is for sources that stamp the subject's time and publish it that many days later; ``values`` for
    those that name a report, such as a year, instead of a day.
    """

    column: str
    formats: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    delay_days: int = 0


@dataclass(frozen=True)
class RowFilter:
    """A condition on rows: a column is filled, is empty, or holds (or does not hold) one of some texts.

    ``by``: the column's day has come by the day in the column ``other``; ``not_by``: it has not, or one is empty.
    """

    column: str
    rule: Literal["not_null", "null", "values", "not_values", "by", "not_by"]
    values: tuple[str, ...] = ()
    other: str = ""
    formats: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Source columns the condition reads."""
        return (self.column, self.other) if self.other else (self.column,)


@dataclass(frozen=True)
class FileMapping:
    """One item of a mapping file: the files it matches and the entity they hold.

    ``place`` is the item's file and position; it does not count as part of the item's identity.
    """

    place: str
    source_system: str
    match: str
    entity: str
    columns: Mapping[str, ColumnSource]
    format: Literal["csv", "parquet"] = "csv"
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str = ""
    timezone: str = "UTC"
    nulls: tuple[str, ...] = ("",)
    known_at: KnownAt | None = None
    deleted: RowFilter | None = None
    where: tuple[RowFilter, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """Digest of what the item says, so that a changed comment or neighbour lands nothing again."""
        said = {name: value for name, value in asdict(self).items() if name not in ("place", "match")}
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()

    @property
    def layout(self) -> tuple[str, ...]:
        """How the file is laid out; items that agree on it can share one reading."""
        return (self.format, self.delimiter, self.quote, self.encoding)

    @property
    def source_columns(self) -> tuple[str, ...]:
        """Source columns the item reads, sorted."""
        used = {column for source in self.columns.values() for column in source.columns}
        used |= {column for rule in self.where for column in rule.columns}
        if self.known_at:
            used.add(self.known_at.column)
        if self.deleted:
            used |= set(self.deleted.columns)
        return tuple(sorted(used))

    @property
    def has_row_hash(self) -> bool:
        """Whether a column is filled with a hash of the row."""
        return any(source.kind == "row_hash" for source in self.columns.values())


@dataclass(frozen=True)
class SourceMapping:
    """One mapping file."""

    path: Path
    source_system: str
    files: tuple[FileMapping, ...]
