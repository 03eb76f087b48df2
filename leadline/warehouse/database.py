"""Open DuckDB databases: every connection of ours begins here, with the settings that all of them need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def connect(
    database: Path | None = None,
    *,
    read_only: bool = False,
    config: dict[str, str | bool | int | float | list[str]] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a database file, or an empty database in memory without one; close it after use.

    The progress bar is off: DuckDB draws it into standard output, where our commands print JSON and CSV.

    Raises:
        duckdb.Error: the file cannot be opened.
    """
    import duckdb

    connection = duckdb.connect(str(database or ":memory:"), read_only=read_only, config=config or {})
    connection.execute("set enable_progress_bar = false")
    return connection
