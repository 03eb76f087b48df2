"""One DuckDB without a file per process: starting one takes longer than reading a small CSV file with it."""

from __future__ import annotations

from functools import cache

import duckdb


def cursor() -> duckdb.DuckDBPyConnection:
    """Return a connection of one's own, to be closed after use, to the process's database in memory."""
    return _database().cursor()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(":memory:")
    database.execute("set enable_progress_bar = false")
    return database
