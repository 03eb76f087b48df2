"""A published snapshot of a few drawn tables: made in a moment, opened by the real readers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from leadline.warehouse import rules
from leadline.warehouse.publish import CURRENT, export, finish, next_sequence, start
from leadline.warehouse.snapshot import DATABASE, Snapshot, open_current, sha256_of
from tests.support.rules import shipped_rules


def publish(warehouse: Path, statements: Iterable[str], *, snapshot_id: str = "drawn", **facts: Any) -> Snapshot:
    """Publish what SQL statements create and return it, opened; ``facts`` go into its manifest."""
    folder = start(warehouse, snapshot_id)
    with duckdb.connect(str(folder / DATABASE), config={"storage_compatibility_version": "v1.0.0"}) as connection:
        for statement in statements:
            connection.execute(statement)
    contents = export(folder, carried={})
    rules.write(shipped_rules(), folder)
    manifest = {
        "snapshot_id": snapshot_id,
        "sequence": next_sequence(warehouse),
        "reporting_currency": "EUR",
        "known_until": contents.known_until.isoformat() if contents.known_until else None,
        "tables": contents.tables,
        "views": contents.views,
        "database": {"sha256": sha256_of(folder / DATABASE)},
        "rules": {"sha256": sha256_of(folder / rules.FILE)},
        **facts,
    }
    finish(folder, manifest)
    assert (warehouse / CURRENT).exists()
    return open_current(warehouse)
