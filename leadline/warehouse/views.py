"""A published snapshot seen through views, so that a reader is shown some rows and columns and cannot ask for others.

One DuckDB instance holds the published file, read-only and out of reach of files, extensions and settings. Each *view*
of it is a schema of its own, in which a published table's name stands for the rows a condition leaves; a table for
which there is no condition does not exist there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from leadline.warehouse.database import connect
from leadline.warehouse.snapshot import Snapshot

WHOLE = "whole_of_it"

Row = dict[str, Any]


class Views:
    """One published snapshot, open for many readers at once; the key of their view distinguishes them."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Open a snapshot.

        Raises:
            IntegrityError: the database file is not the one that was published.
        """
        snapshot.verify_database()
        self.snapshot = snapshot
        self._connection = connect()
        self._connection.execute(
            f"attach '{str(snapshot.database).replace(chr(39), chr(39) * 2)}' as {WHOLE} (read_only)"
        )
        self._connection.execute("set enable_external_access = false; set lock_configuration = true")
        self._lock = Lock()
        self._schemas: dict[Any, str] = {}
        self.columns = self._columns()

    def open(self, key: Any, selects: Mapping[str, str]) -> None:
        """Make the view of a key, unless it is there: table name -> the select behind it, in order.

        A select names the published table as ``{whole}.table``; other names are those of the view itself.
        """
        with self._lock:
            if key in self._schemas:
                return
            schema = f"seen_{len(self._schemas)}"
            cursor = self._connection.cursor()
            cursor.execute(f"create schema {schema}; use memory.{schema}")
            for table, select in selects.items():
                cursor.execute(f'create view "{table}" as {select.format(whole=f"{WHOLE}.main")}')
            self._schemas[key] = schema

    def rows(self, key: Any, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return what a query of ours finds within a view that was opened."""
        with self._lock:
            cursor = self._connection.cursor()
        cursor.execute(f"use memory.{self._schemas[key]}")
        cursor.execute(sql, list(parameters))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _columns(self) -> dict[str, dict[str, str]]:
        """Return the columns of each published table with their SQL types."""
        found: dict[str, dict[str, str]] = {}
        listed = self._connection.execute(
            "select table_name, column_name, data_type from duckdb_columns()"
            " where database_name = ? and schema_name = 'main' order by table_name, column_index",
            [WHOLE],
        )
        for table, column, kind in listed.fetchall():
            found.setdefault(table, {})[column] = kind
        return found
