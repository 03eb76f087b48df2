"""The tables that the console's tests draw are those that a build publishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadline.warehouse.connection import query
from tests.support.warehouse_columns import COLUMNS


def test_the_drawn_tables_have_the_columns_of_a_build(demo_known: Callable[[Any], Any]) -> None:
    snapshot = demo_known(None)
    for table, drawn in COLUMNS.items():
        columns = query(snapshot, f"describe {table}").rows
        built = "; ".join(f"{row[0]} {'text' if row[1] == 'VARCHAR' else row[1].lower()}" for row in columns)
        assert built == drawn, table
