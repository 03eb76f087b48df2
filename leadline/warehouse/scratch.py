"""A database to compute in and throw away, for libraries that want a DuckDB connection of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from leadline.warehouse.database import connect


@contextmanager
def scratch_database() -> Iterator[Any]:
    """Open an empty DuckDB in memory: one thread, so that sums do not depend on who was first, and no file in reach."""
    connection = connect()
    try:
        connection.execute("set threads = 1; set enable_external_access = false; set lock_configuration = true")
        yield connection
    finally:
        connection.close()
