"""Read a published table row by row, however long it is: read-only and unable to reach outside the snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from leadline.kernel.errors import Fault, UsageError
from leadline.warehouse.connection import sandbox
from leadline.warehouse.snapshot import Snapshot, row_order

BATCH_ROWS = 10_000


@dataclass(frozen=True)
class TableRows:
    """A published table, open for reading: its columns with their SQL types and how many rows there are."""

    table: str
    columns: dict[str, str]
    count: int
    _connection: Any
    _sql: str

    def batches(self) -> Iterator[list[tuple[Any, ...]]]:
        """Give the rows in the published order, some thousands at a time."""
        cursor = self._connection.execute(self._sql)
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield rows

    def arrow(self) -> Any:
        """Return a reader of Arrow record batches; read it to its end before the table is closed."""
        return self._connection.sql(self._sql).to_arrow_reader(BATCH_ROWS)


def check_tables(snapshot: Snapshot, tables: tuple[str, ...]) -> None:
    """Check that every table or view is published.

    Raises:
        UsageError: some are not; for each the nearest names are given.
    """
    faults = [
        Fault(
            where=name,
            expected="one of " + ", ".join(near) if near else "a published table",
            found="no table of that name",
        )
        for name in tables
        if name not in snapshot.rows
        for near in [get_close_matches(name, snapshot.rows, n=3, cutoff=0.5)]
    ]
    if faults:
        raise UsageError(
            "No such table in the snapshot.",
            faults=faults,
            next_step="docs/warehouse.md says which table answers what; leadline export --list names all",
        )


@contextmanager
def table_rows(snapshot: Snapshot, table: str, *, where: str = "") -> Iterator[TableRows]:
    """Open a published table or view, or those of its rows for which the SQL condition ``where`` holds.

    Raises:
        UsageError: there is no such table, or the condition is wrong; DuckDB's words are given.
        IntegrityError: the database file is not the one that was published.
    """
    import duckdb

    check_tables(snapshot, (table,))
    snapshot.verify_database()
    condition = f"where (\n{where}\n)" if where else ""
    sql = f'select * from "{table}" {condition} order by {row_order(table)}'  # noqa: S608 - the name is a published one
    with sandbox(snapshot.database) as connection:
        try:
            described = connection.execute(f"describe {sql}").fetchall()
            count = connection.execute(f"select count(*) from ({sql})").fetchall()[0][0]  # noqa: S608
        except duckdb.Error as exc:
            raise UsageError(
                "The condition does not match the table.",
                where=f"{table}: --where {where}",
                found=str(exc).splitlines()[0],
                next_step="a condition as after WHERE, such as \"currency = 'EUR'\", valid for every table named",
            ) from exc
        types = {name: kind for name, kind, *_ in described}
        yield TableRows(table=table, columns=types, count=count, _connection=connection, _sql=sql)
