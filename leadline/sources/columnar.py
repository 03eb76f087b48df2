"""Read Parquet files: only the columns asked for, as they are typed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from leadline.kernel.errors import Fault, InputError
from leadline.kernel.warehouse.digests import row_digests
from leadline.sources.mapping import FileMapping
from leadline.sources.raw import LINE, RawTable


def read_parquet(path: Path, mapping: FileMapping, columns: Sequence[str]) -> RawTable:
    """Read ``columns`` of one Parquet file that a mapping item speaks of.

    Raises:
        InputError: the file is no readable Parquet, has no rows, lacks a column, or a mapped column holds lists.
    """
    try:
        schema = pl.read_parquet_schema(path)
        _check_schema(schema, path, mapping, columns)
        rows = pl.read_parquet(path, columns=list(columns), row_index_name=LINE, row_index_offset=1)
    except (pl.exceptions.PolarsError, OSError) as exc:
        raise InputError(
            "The file is not readable Parquet and was refused whole.",
            where=str(path),
            found=str(exc).splitlines()[0],
            next_step="ask for the export again; say format: csv in the mapping if it is delimited text",
        ) from exc
    if not rows.height:
        raise InputError(
            "The file holds columns and no rows.",
            where=str(path),
            expected="at least one row",
            found="no rows",
            next_step="ask for the export again; an empty delivery is never taken for 'nothing changed'",
        )
    return table_of(rows.with_columns(pl.col(LINE).cast(pl.Int64)), pl.scan_parquet(path))


def table_of(rows: pl.DataFrame, everything: pl.LazyFrame) -> RawTable:
    """Return rows that already have columns as a raw table; ``everything`` holds all columns in the same order."""

    def whole(lines: pl.Series) -> pl.DataFrame:
        numbered = everything.with_row_index(LINE, offset=1)
        return numbered.filter(pl.col(LINE).cast(pl.Int64).is_in(lines.implode())).drop(LINE).collect()

    def digests() -> pl.Series:
        return row_digests(everything.select(pl.all().cast(pl.String)).collect())

    return RawTable(rows=rows, whole=whole, digests=digests)


def _check_schema(
    schema: pl.Schema | dict[str, pl.DataType], path: Path, mapping: FileMapping, columns: Sequence[str]
) -> None:
    faults = [Fault("columns", f"the column {name!r}", "no such column") for name in columns if name not in schema]
    faults += [
        Fault(f"column {name}", "plain values", str(schema[name]))
        for name in columns
        if name in schema and schema[name].is_nested()
    ]
    if faults:
        raise _refused(path, list(schema), faults, mapping)


def _refused(path: Path, names: Sequence[str], faults: list[Fault], mapping: FileMapping) -> InputError:
    return InputError(
        "The file's columns are not what the mapping expects.",
        where=str(path),
        found=", ".join(names)[:400],
        faults=faults,
        next_step=f"correct the columns in {mapping.place}, or ask for the export again",
    )
