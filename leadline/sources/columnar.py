"""Read Parquet files: only the columns asked for, as they are typed.

PyArrow reads and validates them, since Polars answers some kinds of damage with a panic; it also checks page checksums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from leadline.kernel.errors import Fault, InputError
from leadline.sources.mapping import FileMapping
from leadline.sources.raw import LINE, RawTable
from leadline.warehouse.digests import row_digests


def read_parquet(path: Path, mapping: FileMapping, columns: Sequence[str]) -> RawTable:
    """Read ``columns`` of one Parquet file that a mapping item matches.

    Raises:
        InputError: the file is no readable Parquet, has no rows, lacks a column, or a mapped column holds lists.
    """
    _check_schema(_read(path, lambda: pq.read_schema(path).empty_table()).schema, path, mapping, columns)
    rows = _read(path, lambda: _table(path, list(columns)))
    if not rows.height:
        raise InputError(
            "The file has columns but no rows.",
            where=str(path),
            expected="at least one row",
            found="no rows",
            next_step="request the export again; an empty delivery never means 'nothing changed'",
        )
    return table_of(rows, lambda: _read(path, lambda: _table(path, None)))


def table_of(rows: pl.DataFrame, everything: Callable[[], pl.DataFrame]) -> RawTable:
    """Return rows that already have columns as a raw table; ``everything`` gives all columns in the same order."""

    def whole(lines: pl.Series) -> pl.DataFrame:
        return everything()[lines - 1]

    def digests() -> pl.Series:
        return row_digests(everything().cast(pl.String))

    numbers = pl.int_range(1, rows.height + 1, dtype=pl.Int64, eager=True)
    return RawTable(rows=rows.with_columns(numbers.alias(LINE)), whole=whole, digests=digests)


def _table(path: Path, columns: list[str] | None) -> pa.Table:
    return pq.read_table(path, columns=columns, partitioning=None, page_checksum_verification=True)


def _read(path: Path, read: Callable[[], pa.Table]) -> pl.DataFrame:
    try:
        table = read()
        table.validate(full=True)  # a damaged offset could otherwise read out of bounds
        return pl.DataFrame(pl.from_arrow(table))
    except (pa.ArrowException, OSError, ValueError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as exc:
        raise InputError(
            "The file is not valid Parquet and was refused.",
            where=str(path),
            found=str(exc).splitlines()[0],
            next_step="request the export again; say format: csv in the mapping if it is delimited text",
        ) from exc


def _check_schema(schema: pl.Schema, path: Path, mapping: FileMapping, columns: Sequence[str]) -> None:
    faults = [Fault("columns", f"the column {name!r}", "no such column") for name in columns if name not in schema]
    faults += [
        Fault(f"column {name}", "plain values", str(schema[name]))
        for name in columns
        if name in schema and schema[name].is_nested()
    ]
    if faults:
        raise InputError(
            "The file's columns do not match the mapping.",
            where=str(path),
            found=", ".join(schema)[:400],
            faults=faults,
            next_step=f"correct the columns in {mapping.place}, or request the export again",
        )
