"""Turn the rows of a file into canonical rows: one expression per column, no loop over rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

import polars as pl

from leadline.kernel.contracts import Column, Entity
from leadline.sources import texts
from leadline.sources.mapping import ColumnSource, FileMapping, KnownAt, RowFilter
from leadline.sources.raw import LINE, RawTable
from leadline.warehouse.point_in_time import naive
from leadline.warehouse.schema import POLARS_TYPES

DIGEST = " digest"
_ACCOUNTING_MINUS = r"^(?:\(([\d.]+)\)|([\d.]+)-)$"
_FLOATS = (pl.Float32, pl.Float64)
_END_OF_DAY = pl.duration(hours=23, minutes=59, seconds=59)


@dataclass(frozen=True)
class Reading:
    """How one canonical column is read: its value, the text it came from, and how that text had to look.

    A row breaks the type where ``text`` is filled and ``value`` is null.
    """

    name: str
    source: str
    value: pl.Expr
    text: pl.Expr
    expected: str


@dataclass(frozen=True)
class Cells:
    """The source columns of one file, with the file's null markers removed."""

    schema: Mapping[str, pl.DataType]
    mapping: FileMapping

    def native(self, column: str) -> pl.Expr | None:
        """Return a column that is typed already, without NaN; nothing for a column of texts."""
        kind = self.schema[column]
        if kind == pl.String() or isinstance(kind, (pl.Categorical, pl.Enum, pl.Binary)):
            return None
        if kind in (pl.Date, pl.Datetime):
            return self.day(column)
        return pl.col(column).fill_nan(None) if kind in _FLOATS else pl.col(column)

    def day(self, column: str) -> pl.Expr:
        """Return a typed day or moment, null outside the plausible years."""
        return pl.when(texts.is_plausible(pl.col(column), self.schema[column])).then(pl.col(column))

    def text(self, column: str) -> pl.Expr:
        """Return a column as trimmed text, null where it is empty."""
        typed = self.native(column)
        if typed is None:
            trimmed = pl.col(column).cast(pl.String).str.strip_chars()
            return pl.when(~self._means_nothing(trimmed)).then(trimmed)
        kind = self.schema[column]
        if kind in _FLOATS:
            whole = typed.cast(pl.Int64, strict=False)
            return pl.when(whole.cast(pl.Float64) == typed).then(whole.cast(pl.String)).otherwise(typed.cast(pl.String))
        if isinstance(kind, pl.Datetime):
            text = _utc_of(typed, kind, self.mapping.timezone).dt.to_string("iso:strict")
        else:
            text = typed.cast(pl.String)
        if kind in (pl.Date, pl.Datetime):
            # Far out of range there is no calendar day to show.
            return text.fill_null(pl.format("{} since 1970", pl.col(column).to_physical()))
        return text

    def _means_nothing(self, text: pl.Expr) -> pl.Expr:
        """Return whether a text is one of the file's null markers, or matches one that ends in ``*``."""
        starts = [word[:-1] for word in self.mapping.nulls if len(word) > 1 and word.endswith("*")]
        nothing = text.is_in(list(self.mapping.nulls))
        return reduce(lambda either, start: either | text.str.starts_with(start), starts, nothing)


def readings(entity: Entity, mapping: FileMapping, cells: Cells) -> tuple[Reading, ...]:
    """Return how each mapped column of an entity is read."""
    return tuple(_reading(entity.columns[name], source, cells) for name, source in mapping.columns.items())


def known_at(mapping: FileMapping, cells: Cells, *, loaded_at: datetime) -> Reading:
    """Return since when each row is known: the source's stamp, or the load for rows without one.

    A stamp with a day and no time counts from the end of that day.
    """
    loaded = pl.lit(naive(loaded_at), dtype=pl.Datetime("us"))
    if mapping.known_at is None:
        nothing = pl.lit(None, dtype=pl.String)
        return Reading(name="known_at", source="", value=loaded, text=nothing, expected="")
    stamp = mapping.known_at
    text = cells.text(stamp.column).replace(dict(stamp.values))
    stamped = _stamped(stamp, text, cells) + pl.duration(days=stamp.delay_days)
    value = pl.when(text.is_null()).then(loaded).otherwise(stamped)
    return Reading("known_at", stamp.column, value, text, texts.expected("timestamp", stamp.formats))


def holds(rule: RowFilter, cells: Cells) -> pl.Expr:
    """Return whether each row meets a condition."""
    text = cells.text(rule.column)
    if rule.rule == "not_null":
        return text.is_not_null()
    if rule.rule == "null":
        return text.is_null()
    if rule.rule in ("by", "not_by"):
        days = [texts.date(cells.text(column), rule.formats) for column in rule.columns]
        met = (days[0] <= days[1]).fill_null(value=False)
    else:
        met = text.is_in(list(rule.values)).fill_null(value=False)
    return met if rule.rule in ("values", "by") else ~met


def selected(mapping: FileMapping, cells: Cells) -> pl.Expr:
    """Return whether the mapping's row filters keep each row."""
    return reduce(lambda both, rule: both & holds(rule, cells), mapping.where, pl.lit(value=True))


def with_digests(raw: RawTable, mapping: FileMapping) -> pl.DataFrame:
    """Return the rows with a digest of each where the mapping makes ids of it.

    The n-th of several equal rows gets ``-n``, so that duplicates stay apart and a re-delivery keeps its ids.
    """
    if not mapping.has_row_hash:
        return raw.rows
    rows = raw.rows.with_columns(raw.digests().alias(DIGEST))
    number = pl.int_range(1, pl.len() + 1).over(DIGEST)
    return rows.with_columns(pl.concat_str(pl.col(DIGEST), pl.lit("-"), number))


def _reading(column: Column, source: ColumnSource, cells: Cells) -> Reading:
    name = "+".join(source.columns)
    wanted = texts.expected(column.type, source.formats)
    if source.kind == "sum":
        return Reading(column.name, name, *_sum(column, source, cells), wanted)
    direct = _direct(column, source, cells)
    if direct is not None:
        return Reading(column.name, name, direct, cells.text(source.columns[0]), wanted)
    text = _text(source, cells)
    zone = cells.mapping.timezone
    cleaned = _number(text, source, cells) if column.type in (*texts.DECIMALS, "integer") else _stripped(text, source)
    value = texts.read(cleaned, column.type, formats=source.formats, timezone=zone, scale=source.scale)
    return Reading(column.name, name, value.cast(POLARS_TYPES[column.type]), text, wanted)


def _direct(column: Column, source: ColumnSource, cells: Cells) -> pl.Expr | None:
    """Return the value of a column that the file types already, where no text has to be read."""
    plain = source.kind == "column" and not (source.values or source.has_otherwise or source.empty or source.strip)
    native = cells.native(source.columns[0]) if plain else None
    if native is None:
        return None
    kind = cells.schema[source.columns[0]]
    if column.type in texts.DECIMALS and kind.is_numeric():
        return texts.decimal(native, column.type, source.scale)
    if column.type == "integer" and kind.is_integer() and source.scale is None:
        return native.cast(pl.Int64, strict=False)
    if column.type == "boolean" and kind == pl.Boolean():
        return native
    if column.type == "date" and kind in (pl.Date, pl.Datetime):
        return native.cast(pl.Date)
    if column.type == "timestamp" and isinstance(kind, pl.Datetime):
        return _utc_of(native, kind, cells.mapping.timezone)
    return None


def _utc_of(moment: pl.Expr, kind: pl.Datetime, timezone: str) -> pl.Expr:
    micro = moment.dt.cast_time_unit("us")
    if kind.time_zone:
        return micro.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return texts.utc(micro, timezone)


def _text(source: ColumnSource, cells: Cells) -> pl.Expr:
    """Return the canonical text of a column: looked up, filled and prefixed."""
    text = _raw_text(source, cells)
    if source.has_otherwise:
        text = text.replace_strict(dict(source.values), default=_otherwise(source, text), return_dtype=pl.String)
    elif source.values:
        text = text.replace(dict(source.values))
    if source.empty:
        text = text.fill_null(source.empty)
    return pl.concat_str(pl.lit(source.prefix), text) if source.prefix else text


def _otherwise(source: ColumnSource, text: pl.Expr) -> pl.Expr:
    return pl.when(text.is_not_null()).then(pl.lit(source.otherwise, dtype=pl.String))


def _raw_text(source: ColumnSource, cells: Cells) -> pl.Expr:
    if source.kind == "constant":
        return pl.lit(source.constant, dtype=pl.String)
    if source.kind == "row_hash":
        return pl.col(DIGEST)
    if source.kind == "row_number":
        return pl.col(LINE).cast(pl.String)
    if source.kind == "join":
        parts = [_with_iso_days(cells.text(name), source.formats) for name in source.columns]
        return pl.concat_str(parts, separator=source.separator)
    return cells.text(source.columns[0])


def _with_iso_days(text: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    return pl.coalesce(texts.date(text, formats).dt.to_string("%Y-%m-%d"), text) if formats else text


def _sum(column: Column, source: ColumnSource, cells: Cells) -> tuple[pl.Expr, pl.Expr]:
    """Return the sum of the filled columns, null where one cannot be read, and the texts it came from."""
    parts = [cells.text(name) for name in source.columns]
    wide = [_number(part, source, cells).cast(pl.Decimal(38, 10), strict=False) for part in parts]
    unread = reduce(
        lambda either, one: either | one,
        (part.is_not_null() & number.is_null() for part, number in zip(parts, wide, strict=True)),
    )
    filled = reduce(lambda either, one: either | one, (part.is_not_null() for part in parts))
    total = reduce(lambda left, right: left + right, (number.fill_null(0) for number in wide))
    text = pl.concat_str(parts, separator=" + ", ignore_nulls=True)
    return pl.when(filled & ~unread).then(texts.decimal(total, column.type, source.scale)), pl.when(filled).then(text)


def _number(text: pl.Expr, source: ColumnSource, cells: Cells) -> pl.Expr:
    """Return a number's text with the file's marks taken out; ``(5)`` and ``5-`` are minus five."""
    cleaned = _stripped(text, source)
    if cells.mapping.thousands:
        cleaned = cleaned.str.replace_all(cells.mapping.thousands, "", literal=True)
    if cells.mapping.decimal != ".":
        cleaned = cleaned.str.replace(cells.mapping.decimal, ".", literal=True)
    return cleaned.str.replace(_ACCOUNTING_MINUS, "-$1$2")


def _stripped(text: pl.Expr, source: ColumnSource) -> pl.Expr:
    for character in source.strip:
        text = text.str.replace_all(character, "", literal=True)
    return text.str.strip_chars() if source.strip else text


def _stamped(stamp: KnownAt, text: pl.Expr, cells: Cells) -> pl.Expr:
    kind = cells.schema[stamp.column]
    if stamp.values:
        kind = pl.String()
    if isinstance(kind, pl.Datetime):
        return _utc_of(cells.day(stamp.column), kind, cells.mapping.timezone)
    if kind == pl.Date():
        return cells.day(stamp.column).cast(pl.Datetime("us")) + _END_OF_DAY
    zone = cells.mapping.timezone
    days = tuple(shape for shape in stamp.formats if not texts.has_time_of_day(shape)) or ("%Y-%m-%d",)
    timed = tuple(shape for shape in stamp.formats if texts.has_time_of_day(shape))
    of_day = texts.utc(texts.date(text, days).cast(pl.Datetime("us")) + _END_OF_DAY, zone)
    if stamp.formats and not timed:
        return of_day
    if timed:
        tried = [texts.moment(text, timed, zone)]
        return pl.coalesce([*tried, of_day]) if len(timed) < len(stamp.formats) else tried[0]
    is_day = text.str.len_chars() == len("2026-03-31")
    return pl.when(is_day).then(of_day).otherwise(texts.moment(text, (), zone))
