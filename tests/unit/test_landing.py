"""The landing zone itself: whole batches or none, manifests that can be read back, damage that is found."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from leadline.kernel.contracts import entities
from leadline.kernel.errors import HomeError, IntegrityError
from leadline.warehouse import landing as zone
from leadline.warehouse.landing import Landing, manifest_from_json
from leadline.warehouse.schema import landing_schema
from tests.support.sources import BILLS, GOOD_BILLS, LOADED_AT, Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.map(BILLS)
    made.draw("bills.csv", f"{GOOD_BILLS}B3,C1,2026-01-01,2026-01-31,2026-02-05,7,EUR,paid\n")
    return made


def test_a_manifest_reads_back_as_it_was_written(place: Place) -> None:
    batch = place.land().batches[0]
    assert manifest_from_json(batch.to_json()) == batch
    assert place.landing.batches() == (batch,)
    assert place.landing.find(batch.batch_id) == batch
    assert batch.loaded_at == LOADED_AT


def test_the_same_delivery_lands_once(place: Place) -> None:
    first = place.land().batches[0]
    before = place.tree()
    place.draw("copy of bills.csv", (place.files / "bills.csv").read_bytes())
    report = place.land(loaded_at=LOADED_AT.replace(hour=7))
    assert place.tree() == before
    assert report.batches == ()
    assert [(one.file, one.batch_id, one.landed_at) for one in report.skipped] == [
        ("bills.csv", first.batch_id, LOADED_AT),
        ("copy of bills.csv", first.batch_id, LOADED_AT),
    ]


def test_a_comment_in_the_mapping_changes_nothing_but_a_changed_rule_lands_again(place: Place) -> None:
    place.land()
    place.map("# a comment\n" + BILLS)
    assert place.land().batches == ()
    place.map(BILLS.replace("amount: Amount", "amount: {column: Amount, scale: 2}"))
    assert len(place.land().batches) == 1


def test_landing_the_same_files_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    trees = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        place = Place(tmp_path / name)
        place.map(BILLS)
        place.draw("bills.csv", GOOD_BILLS)
        place.land()
        trees.append(place.tree())
    assert trees[0] == trees[1]


def test_every_entity_has_an_empty_file_of_its_types_after_a_landing(place: Place) -> None:
    place.land()
    for name, contract in entities().items():
        schema = pl.read_parquet_schema(place.home.landing / name / zone.EMPTY)
        assert dict(schema) == landing_schema(contract)


def test_landed_rows_and_empty_files_share_one_schema(place: Place) -> None:
    place.land()
    folder = place.home.landing / "billing_schedule"
    schemas = [dict(pl.read_parquet_schema(path)) for path in sorted(folder.glob("*.parquet"))]
    assert len(schemas) == 2
    assert schemas[0] == schemas[1]


def test_an_empty_file_of_an_older_contract_is_replaced(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    path = tmp_path / "skill" / zone.EMPTY
    path.parent.mkdir()
    pl.DataFrame({"old": [1]}).write_parquet(path)
    landing.ensure_typed()
    assert "skill_id" in pl.read_parquet_schema(path)


def test_an_untouched_landing_zone_verifies(place: Place) -> None:
    place.land()
    assert [batch.rows_landed for batch in place.landing.verify()] == [2]


def test_every_kind_of_damage_is_found_at_once(place: Place) -> None:
    batch = place.land().batches[0]
    rows, bad = place.landing.rows_path(batch), place.landing.quarantine_path(batch)
    content = bytearray(rows.read_bytes())
    content[len(content) // 2] ^= 1
    rows.write_bytes(bytes(content))
    bad.unlink()
    (rows.parent / "0123456789abcdef.parquet").write_bytes(b"not ours")
    with pytest.raises(IntegrityError) as raised:
        place.landing.verify()
    assert raised.value.exit_code == 8
    found = {Path(fault.where).name: fault.found for fault in raised.value.faults}
    assert found["0123456789abcdef.parquet"] == "none"
    assert [fault.found for fault in raised.value.faults if fault.where == str(bad)] == ["no file"]
    assert len(raised.value.faults) == 3


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"money": 1}', "not json"])
def test_a_damaged_manifest_is_an_integrity_error(place: Place, text: str) -> None:
    batch = place.land().batches[0]
    (place.home.landing / zone.MANIFESTS / f"{batch.batch_id}.json").write_text(text)
    for read in (place.landing.batches, place.landing.verify, lambda: place.landing.find(batch.batch_id)):
        with pytest.raises(IntegrityError, match="does not match its manifests"):
            read()


@pytest.mark.parametrize("breaks_at", [1, 2, 3])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_refuses_leaves_nothing_of_the_batch(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: str, breaks_at: int
) -> None:
    place.landing.ensure_typed()
    before = place.tree()
    _break(monkeypatch, step, breaks_at, OSError(28, "No space left on device"))
    with pytest.raises(HomeError, match="Cannot write") as raised:
        place.land()
    monkeypatch.undo()
    assert "No space left" in raised.value.found
    assert place.tree() == before
    assert len(place.land().batches) == 1


@pytest.mark.parametrize("breaks_at", [1, 2, 3])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_kill_in_the_middle_leaves_a_whole_batch_or_none(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: str, breaks_at: int
) -> None:
    place.landing.ensure_typed()
    before = place.tree()
    # A process that is killed does nothing more: no handler of ours catches this, and none removes a file.
    _break(monkeypatch, step, breaks_at, KeyboardInterrupt())
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt):
        place.land()
    monkeypatch.undo()
    assert place.landing.batches() == ()
    place.landing.ensure_typed()
    assert place.tree() == before
    assert len(place.land().batches) == 1
    place.landing.verify()


def _break(monkeypatch: pytest.MonkeyPatch, step: str, breaks_at: int, error: BaseException) -> None:
    """Let the n-th write to a batch's files fail, at the flush or at the rename."""
    calls = 0
    flush, rename = os.fsync, Path.replace

    def count() -> None:
        nonlocal calls
        calls += 1
        if calls == breaks_at:
            raise error

    def failing_flush(handle: int) -> None:
        if os.path.isfile(f"/proc/self/fd/{handle}"):  # noqa: PTH113  (a descriptor, not a path)
            count()
        flush(handle)

    def failing_rename(path: Path, target: Path) -> Path:
        count()
        return rename(path, target)

    if step == "fsync":
        monkeypatch.setattr(os, "fsync", failing_flush)
    else:
        monkeypatch.setattr(Path, "replace", failing_rename)


def test_what_a_batch_landed_is_known_no_later_than_it_says(place: Place) -> None:
    batch = place.land().batches[0]
    assert batch.known_from == batch.known_until == datetime(2026, 3, 31, 6)
