"""A published snapshot of a few drawn tables: made in a moment, opened by the real readers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from leadline.kernel.warehouse.publish import CURRENT, export, finish, start
from leadline.kernel.warehouse.snapshot import DATABASE, Snapshot, open_current, sha256_of


def publish(warehouse: Path, statements: Iterable[str]) -> Snapshot:
    """Publish what SQL statements create and return it, opened."""
    folder = start(warehouse, "drawn")
    with duckdb.connect(str(folder / DATABASE), config={"storage_compatibility_version": "v1.0.0"}) as connection:
        for statement in statements:
            connection.execute(statement)
    contents = export(folder, carried={})
    manifest = {
        "snapshot_id": "drawn",
        "sequence": 1,
        "reporting_currency": "EUR",
        "known_until": contents.known_until.isoformat() if contents.known_until else None,
        "tables": contents.tables,
        "database": {"sha256": sha256_of(folder / DATABASE)},
    }
    finish(folder, manifest)
    assert (warehouse / CURRENT).exists()
    return open_current(warehouse)
