"""Split delimited text into columns with DuckDB's strict parser: every fault is found, nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl

from leadline.kernel.errors import Fault, InputError
from leadline.warehouse import memory

# DuckDB refuses longer records; a description of a page fits many times.
_LONGEST_RECORD = 16 * 1024 * 1024
_FAULTS_SHOWN = 20
_KINDS = {
    "MISSING COLUMNS": "fewer fields",
    "TOO MANY COLUMNS": "more fields",
    "UNQUOTED VALUE": "a quoted field that does not end with its quote",
    "LINE SIZE OVER MAXIMUM": "a record that is too long",
}


def split(path: Path, *, columns: Sequence[str], delimiter: str, quote: str) -> pl.DataFrame:
    """Return every record after the header as text columns, in the file's order; empty fields are null.

    ``path`` holds UTF-8 text with ``\\n`` line ends.

    Raises:
        InputError: a record is damaged; the first ones are listed with their line.
    """
    with memory.cursor() as connection:
        names = {f"c{position}": "VARCHAR" for position in range(len(columns))}
        try:
            rows: pl.DataFrame = connection.sql(_reader(""), params=_arguments(path, names, delimiter, quote)).pl()
            return rows.rename(dict(zip(names, columns, strict=True)))
        except duckdb.Error as exc:
            faults = _rejected(connection, _arguments(path, names, delimiter, quote), len(columns))
            raise InputError(
                "The file is damaged.",
                faults=faults or [Fault("file", "delimited text", str(exc).splitlines()[0])],
            ) from exc


def _arguments(path: Path, names: dict[str, str], delimiter: str, quote: str) -> dict[str, object]:
    return {"path": str(path), "columns": names, "delimiter": delimiter, "quote": quote}


def _reader(rejects: str) -> str:
    return f"""
        select * from read_csv(
            $path, columns = $columns, delim = $delimiter, quote = $quote, escape = $quote,
            header = true, auto_detect = false, strict_mode = true, null_padding = false,
            max_line_size = {_LONGEST_RECORD}{rejects}
        )
    """  # noqa: S608  (only our own constants are put into the text)


def _rejected(connection: duckdb.DuckDBPyConnection, arguments: dict[str, object], width: int) -> list[Fault]:
    """Read once more, collecting the records that cannot be split."""
    try:
        connection.sql(_reader(", store_rejects = true"), params=arguments).pl()
        rows = connection.execute(
            "select line, error_type, csv_line from reject_errors order by line, column_idx limit ?", [_FAULTS_SHOWN]
        ).fetchall()
    except duckdb.Error:
        return []
    return [
        Fault(
            where=f"line {line}",
            expected=f"{width} fields",
            found=f"{_KINDS.get(kind, str(kind).lower())}: {str(text).strip()[:120]!r}",
        )
        for line, kind, text in rows
    ]
