"""SQL on a published snapshot for people: read-only, and unable to reach any file or extension outside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadline.kernel.errors import UsageError
from leadline.warehouse.database import connect
from leadline.warehouse.snapshot import Snapshot

SAMPLE_ROWS = 3


@dataclass(frozen=True)
class Answer:
    """The answer to a query: column names and rows; ``is_cut`` when there were more than asked for."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_cut: bool


def query(snapshot: Snapshot, sql: str, *, limit: int = 10_000) -> Answer:
    """Run one read-only query on a snapshot's database and return at most ``limit`` rows.

    Raises:
        UsageError: the query is wrong or reaches outside the snapshot; DuckDB's words are given.
        IntegrityError: the database file is not the one that was published.
    """
    import duckdb

    snapshot.verify_database()
    with sandbox(snapshot.database) as connection:
        try:
            cursor = connection.execute(sql)
            columns = tuple(column[0] for column in cursor.description or ())
            rows = cursor.fetchmany(limit + 1)
        except duckdb.Error as exc:
            raise UsageError(
                "The query failed.", found=str(exc), next_step="the query: show tables lists what there is"
            ) from exc
    return Answer(columns=columns, rows=tuple(rows[:limit]), is_cut=len(rows) > limit)


def sample(database: Path, sql: str) -> list[Mapping[str, Any]]:
    """Return the first rows of a query on a database file, none when it does not run: for showing faults."""
    import duckdb

    if not sql or not database.is_file():
        return []
    try:
        with connect(database, read_only=True) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            rows: Sequence[Sequence[Any]] = cursor.fetchmany(SAMPLE_ROWS)
    except duckdb.Error:
        return []
    return [dict(zip(names, row, strict=True)) for row in rows]


@contextmanager
def sandbox(database: Path) -> Iterator[Any]:
    """Open a database read-only with files, extensions and settings out of reach."""
    connection = connect(database, read_only=True)
    try:
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        yield connection
    finally:
        connection.close()
