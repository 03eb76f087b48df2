"""Published tables of the rows that a test draws: what is not said of a row is null, or what every row has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from tests.support.warehouse_columns import COLUMNS

KNOWN = {"known_at": "2026-01-01 00:00:00", "is_deleted": False, "source_system": "erp"}


def statements(tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> Iterator[str]:
    """Yield the SQL that makes tables of the warehouse with drawn rows."""
    for table, rows in tables.items():
        columns = dict(column.split(" ", 1) for column in COLUMNS[table].split("; "))
        yield f'create table "{table}" ({", ".join(f"{name} {kind}" for name, kind in columns.items())})'
        for row in rows:
            unknown = set(row) - set(columns)
            assert not unknown, f"{table} has no {unknown}"
            values = {name: value for name, value in KNOWN.items() if name in columns} | dict(row)
            yield f'insert into "{table}" values ({", ".join(_literal(values.get(name)) for name in columns)})'


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int | Decimal):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
