"""Which snapshot a build may start from: whole, of the same code, uncut, and made of some of what is landed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leadline.warehouse.increment import since
from leadline.warehouse.landing import BatchManifest
from leadline.warehouse.snapshot import MANIFEST, Snapshot
from tests.support.snapshot import publish

TABLES = ("create table receivables as select 1 as open_amount",)


def batch(batch_id: str, entity: str = "invoice") -> BatchManifest:
    return BatchManifest(
        batch_id=batch_id,
        entity=entity,
        source_system="erp",
        file=f"{batch_id}.csv",
        file_sha256="",
        mapping_sha256="",
        loaded_at=datetime(2026, 1, 1, tzinfo=UTC),
        rows_in_file=1,
        rows_filtered=0,
        rows_read=1,
        rows_landed=1,
        rows_quarantined=0,
        rows_superseded=0,
        money=(),
        known_from=None,
        known_until=None,
    )


def snapshot(warehouse: Path, name: str, **facts: Any) -> Snapshot:
    return publish(warehouse, TABLES, snapshot_id=name, **{"basis": "code", "as_of": None, "batches": ["a"]} | facts)


LANDED = (batch("a"), batch("b"), batch("c", "payment"))


def test_the_newest_snapshot_that_fits_is_updated_by_what_landed_since(tmp_path: Path) -> None:
    snapshot(tmp_path, "older")
    newer = snapshot(tmp_path, "newer", batches=["a", "b"])
    found = since(tmp_path, basis="code", batches=LANDED)
    assert found.base is not None
    assert (found.base.folder, found.changed_entities) == (newer.folder, ("payment",))
    assert found.variables == {"new_batches": ["c"], "changed_entities": ["payment"]}


@pytest.mark.parametrize(
    "facts",
    [{"basis": "other code"}, {"as_of": "2026-01-01"}, {"batches": ["a", "b", "c"]}, {"batches": ["a", "gone"]}],
)
def test_a_snapshot_that_does_not_fit_is_no_base(tmp_path: Path, facts: dict[str, Any]) -> None:
    snapshot(tmp_path, "one", **facts)
    found = since(tmp_path, basis="code", batches=LANDED)
    assert (found.base, found.variables) == (None, {})


@pytest.mark.parametrize("name", ["warehouse.duckdb", "parquet/receivables.parquet", MANIFEST])
def test_a_damaged_snapshot_is_passed_over(tmp_path: Path, name: str) -> None:
    whole = snapshot(tmp_path, "whole")
    damaged = snapshot(tmp_path, "damaged", batches=["a", "b"])
    (damaged.folder / name).write_bytes(b"damaged")
    found = since(tmp_path, basis="code", batches=LANDED)
    assert found.base is not None
    assert found.base.folder == whole.folder
