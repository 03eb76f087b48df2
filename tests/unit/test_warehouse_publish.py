"""Publishing without dbt: names, order, pruning, damage, and what a failed gate says."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from leadline.kernel.errors import ConfigurationError, GateError, IntegrityError, UsageError
from leadline.warehouse import publish
from leadline.warehouse.build import _gate
from leadline.warehouse.connection import query, sample
from leadline.warehouse.dbt import DbtReport, Failure
from leadline.warehouse.snapshot import DATABASE, Snapshot, open_current, sha256_of
from leadline.warehouse.table_rows import table_rows


def built(warehouse: Path, snapshot_id: str) -> Path:
    """Make what dbt leaves, a database of one table and two of staging, in a new workplace."""
    folder = publish.start(warehouse, snapshot_id)
    with duckdb.connect(str(folder / DATABASE)) as connection:
        connection.execute(
            "create table core_invoice"
            " (invoice_id varchar, amount decimal(18,2), currency varchar, known_at timestamp,"
            " source_system varchar, batch_id varchar, source_line bigint);"
            "insert into core_invoice values"
            " ('I1', 10.50, 'EUR', '2026-01-02', 'erp', 'b', 1), ('I2', 2, null, '2026-01-03', 'erp', 'b', 2);"
            "create view stg_erp__invoice as select * from core_invoice;"
            'create view invoice as select * from "warehouse"."main"."core_invoice" where amount > 5;'
            "create table stg_landing__batch (batch_id varchar);"
            "create schema main_seeds; create table main_seeds.data_owner (domain varchar)"
        )
    return folder


def published(warehouse: Path, snapshot_id: str) -> Snapshot:
    folder = built(warehouse, snapshot_id)
    contents = publish.export(folder, carried={})
    manifest = {
        "snapshot_id": snapshot_id,
        "sequence": publish.next_sequence(warehouse),
        "known_until": contents.known_until.isoformat() if contents.known_until else None,
        "reporting_currency": "USD",
        "database": {"sha256": sha256_of(folder / DATABASE)},
        "tables": contents.tables,
        "views": contents.views,
    }
    return Snapshot(publish.finish(folder, manifest))


def test_a_published_file_stands_alone(tmp_path: Path) -> None:
    snapshot = published(tmp_path, "a")
    assert snapshot.tables == ("core_invoice",)
    assert query(snapshot, "show tables").rows == (("core_invoice",), ("invoice",))
    assert snapshot.manifest["tables"]["core_invoice"]["money"] == {"amount": {"": "2.00", "EUR": "10.50"}}
    assert not list(snapshot.folder.glob("*.wal"))


def test_a_view_is_listed_and_reads_the_tables_beside_it_whatever_the_file_is_called(tmp_path: Path) -> None:
    snapshot = published(tmp_path, "a")
    assert snapshot.rows == {"core_invoice": 2, "invoice": 1}
    moved = tmp_path / "moved.duckdb"
    moved.write_bytes(snapshot.database.read_bytes())
    with duckdb.connect() as connection:
        connection.execute(f"attach '{moved}' as another (read_only)")
        connection.execute("create table core_invoice as select 'other' as invoice_id, 99 as amount")
        assert connection.execute("select invoice_id from another.invoice").fetchall() == [("I1",)]
    with table_rows(snapshot, "invoice") as rows:
        assert rows.count == 1
    assert [path.name for path in (snapshot.folder / "parquet").iterdir()] == ["core_invoice.parquet"]


def test_a_forced_rebuild_gets_a_new_name_and_is_current(tmp_path: Path) -> None:
    first, second = published(tmp_path, "a"), published(tmp_path, "a")
    assert (first.folder.name, second.folder.name) == ("a", "a-2")
    assert open_current(tmp_path).folder == second.folder
    first.verify()


def test_pruning_keeps_the_last_ones_and_always_the_current(tmp_path: Path) -> None:
    snapshots = [published(tmp_path, name) for name in ("d", "c", "b", "a")]
    publish.point_to(snapshots[0].folder)
    publish.prune(tmp_path, keep=2)
    assert [folder.name for folder in publish.published(tmp_path)] == ["d", "a"]
    assert open_current(tmp_path).folder == snapshots[0].folder


def test_a_snapshot_under_construction_is_not_seen(tmp_path: Path) -> None:
    published(tmp_path, "a")
    built(tmp_path, "b")
    assert [folder.name for folder in publish.published(tmp_path)] == ["a"]
    publish.sweep(tmp_path)
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == ["a"]


@pytest.mark.parametrize("file", ["parquet/core_invoice.parquet", DATABASE])
def test_a_flipped_byte_is_found_before_anything_is_read(tmp_path: Path, file: str) -> None:
    snapshot = published(tmp_path, "a")
    path = snapshot.folder / file
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match="does not match its manifest"):
        snapshot.verify()


def test_a_query_is_cut_at_its_limit_and_says_so(tmp_path: Path) -> None:
    snapshot = published(tmp_path, "a")
    answer = query(snapshot, "select invoice_id from core_invoice order by 1", limit=1)
    assert (answer.rows, answer.is_cut) == ((("I1",),), True)
    with pytest.raises(UsageError) as caught:
        query(snapshot, "select invoice from core_invoice")
    assert "invoice_id" in caught.value.found


def test_a_sample_that_cannot_run_is_empty(tmp_path: Path) -> None:
    folder = built(tmp_path, "a")
    assert sample(folder / DATABASE, "select * from nowhere") == []
    assert sample(tmp_path / "no.duckdb", "select 1") == []
    assert sample(folder / DATABASE, "select 1 as one") == [{"one": 1}]


def test_a_failed_gate_lists_every_fault_with_the_rows_that_show_it(tmp_path: Path) -> None:
    folder = built(tmp_path, "a")
    failures = (
        Failure(
            "amounts_are_even", "test", "Got 1 result", "select invoice_id, amount from core_invoice where amount > 5"
        ),
        Failure("receivables", "model", "Binder Error"),
    )
    with pytest.raises(GateError) as caught:
        _gate(DbtReport(passed={}, failures=failures), folder)
    assert [(fault.where, fault.found) for fault in caught.value.faults] == [
        ("test amounts_are_even", "Got 1 result — for example invoice_id=I1, amount=10.50"),
        ("model receivables", "Binder Error"),
    ]


def test_a_governance_table_that_cannot_be_read_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    failures = (Failure("exception_sla", "seed", "Could not convert 'soon' to BIGINT"),)
    with pytest.raises(ConfigurationError, match="Cannot read a governance table"):
        _gate(DbtReport(passed={}, failures=failures), built(tmp_path, "a"))
