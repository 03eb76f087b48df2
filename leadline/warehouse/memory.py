"""One in-memory DuckDB per process: starting one takes longer than reading a small CSV file with it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from leadline.warehouse.database import connect

if TYPE_CHECKING:
    import duckdb


def cursor() -> duckdb.DuckDBPyConnection:
    """Return a new connection to the process's in-memory database; close it after use."""
    return _database().cursor()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return connect()
