"""The audit shows whatever was changed behind its back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from leadline.kernel.errors import HomeError, IntegrityError
from leadline.queue.audit import decision_detail
from leadline.queue.decisions import Verdict
from leadline.queue.store import Store
from leadline.queue.tables import DECISION
from tests.support.queue import AT, banded, drawn


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as opened:
        opened.upsert([drawn(), drawn("INV-2"), banded()], at=AT)
        opened.decide(drawn().external_id, Verdict("confirmed", "billed", "ana", note="sent"), at=AT)
        opened.take(drawn("INV-2").external_id, by="ben", at=AT)
        yield opened


def test_an_untouched_store_verifies(store: Store) -> None:
    report = store.verify()
    assert report.entries == 6  # three added, the decision and the state it leads to, one taken
    assert len(report.head) == 64


def test_an_empty_store_verifies(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'new.db'}") as fresh:
        assert fresh.verify().entries == 0


@pytest.mark.parametrize(
    ("tampering", "where"),
    [
        ("update audit set actor = 'intruder' where number = 2", "audit entry 2"),
        ("update audit set detail = '{}' where number = 6", "audit entry 6"),
        ("update audit set detail = 'not json' where number = 4", "audit entry 4"),
        ("update audit set at = '2020-01-01 00:00:00.000000' where number = 1", "audit entry 1"),
        ("delete from audit where number = 3", "audit"),
        ("delete from audit where number = 6", "audit head"),
        ("delete from audit", "audit head"),
        ("update audit_head set number = 5", "audit head"),
        ("delete from audit_head", "audit head"),
        ("update exception set money_at_risk = 1", "exception"),
        ("update exception set state = 'dismissed' where state = 'confirmed'", "exception"),
        ("update exception set narrative = 'all is well'", "exception"),
        ("update exception set reasons = '[]'", "exception"),
        ("delete from exception where state = 'open'", "exception"),
        ("update decision set decided_by = 'ben'", "decision"),
        ("update decision set value_recovered = 5", "decision"),
        ("update decision set note = null", "decision"),
        ("delete from decision", "decision"),
    ],
)
def test_tampering_is_found_and_named(store: Store, tampering: str, where: str) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql(tampering)
    with pytest.raises(IntegrityError, match="behind the audit's back") as caught:
        store.verify()
    assert any(fault.where.startswith(where) for fault in caught.value.faults)


def test_an_entry_resealed_by_a_forger_still_breaks_the_chain(store: Store) -> None:
    from leadline.queue import audit

    with store.engine.begin() as connection:
        row = dict(connection.execute(audit.AUDIT.select().where(audit.AUDIT.c.number == 2)).mappings().one())
        row["actor"] = "intruder"
        forged = {"actor": "intruder", "hash": audit._seal(row)}
        connection.execute(audit.AUDIT.update().where(audit.AUDIT.c.number == 2).values(forged))
    with pytest.raises(IntegrityError) as caught:
        store.verify()
    assert [fault.where for fault in caught.value.faults] == ["audit entry 3"]


def test_every_forged_place_is_listed_at_once(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("update exception set title = 'x'")
        connection.exec_driver_sql("update decision set decided_by = 'x'")
    with pytest.raises(IntegrityError) as caught:
        store.verify()
    assert len(caught.value.faults) == 4


@pytest.fixture
def noted(tmp_path: Path) -> Iterator[Store]:
    """A store whose heads are noted in a file beside it: after the night, the decision and the taking."""
    with Store(f"sqlite:///{tmp_path / 'noted.db'}", checkpoints=tmp_path / "elsewhere" / "heads.jsonl") as opened:
        opened.upsert([drawn(), drawn("INV-2")], at=AT)
        opened.decide(drawn().external_id, Verdict("confirmed", "billed", "ana"), at=AT)
        opened.take(drawn("INV-2").external_id, by="ben", at=AT)
        yield opened


def notes(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "heads.jsonl"


def test_each_change_notes_the_head_once_and_the_notes_verify(noted: Store, tmp_path: Path) -> None:
    numbers = [json.loads(line)["number"] for line in notes(tmp_path).read_text("utf-8").splitlines()]
    assert numbers == [2, 4, 5]
    noted.upsert([drawn(), drawn("INV-2")], at=AT)  # nothing new
    assert len(notes(tmp_path).read_text("utf-8").splitlines()) == 3
    assert noted.verify().entries == 5


@pytest.mark.usefixtures("noted")
@pytest.mark.parametrize("kept", [0, 2, 4])
def test_a_store_replaced_by_a_shorter_whole_one_is_found(tmp_path: Path, kept: int) -> None:
    with Store(f"sqlite:///{tmp_path / 'older.db'}", checkpoints=notes(tmp_path)) as older:
        if kept >= 2:
            older.upsert([drawn(), drawn("INV-2")], at=AT)
        if kept == 4:
            older.decide(drawn().external_id, Verdict("confirmed", "billed", "ana"), at=AT)
        with pytest.raises(IntegrityError) as caught:
            older.verify()
    assert [fault.where for fault in caught.value.faults] == [f"audit entry {n}" for n in (2, 4, 5) if n > kept]
    assert {fault.found for fault in caught.value.faults} == {"no such entry"}


@pytest.mark.usefixtures("noted")
def test_a_whole_rewritten_store_is_found(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'forged.db'}") as forged:
        forged.upsert([drawn(), drawn("INV-2")], at=AT)
        forged.decide(drawn().external_id, Verdict("dismissed", "not_true", "ana"), at=AT)
        forged.take(drawn("INV-2").external_id, by="ben", at=AT)
        assert forged.verify().entries == 5
    with (
        Store(f"sqlite:///{tmp_path / 'forged.db'}", checkpoints=notes(tmp_path)) as forged,
        pytest.raises(IntegrityError) as caught,
    ):
        forged.verify()
    assert [fault.where for fault in caught.value.faults] == ["audit entry 4", "audit entry 5"]


def test_a_note_cut_short_by_a_kill_is_no_note_and_the_next_one_is(noted: Store, tmp_path: Path) -> None:
    with notes(tmp_path).open("a", encoding="utf-8") as stream:
        stream.write('{"number": 6, "ha')
    noted.decide(drawn("INV-2").external_id, Verdict("dismissed", "not_true", "ben"), at=AT)
    lines = notes(tmp_path).read_text("utf-8").splitlines()
    assert lines[-2] == '{"number": 6, "ha'
    assert json.loads(lines[-1])["number"] == 7
    assert noted.verify().entries == 7


def test_a_head_that_cannot_be_noted_is_reported_and_the_change_is_kept(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be", "utf-8")
    with Store(f"sqlite:///{tmp_path / 'ops.db'}", checkpoints=tmp_path / "taken" / "heads.jsonl") as store:
        with pytest.raises(HomeError, match="saved and audited"):
            store.upsert([drawn()], at=AT)
        assert store.count() == 1


def test_a_decision_sealed_by_version_0_1_still_verifies() -> None:
    row = {column.name: None for column in DECISION.columns} | {
        "decision_id": "d" * 32,
        "external_id": "e" * 16,
        "score": "margin_erosion",
        "object_id": "P-1",
        "verdict": "confirmed",
        "reason_code": "corrected",
        "decided_by": "ana",
        "decided_at": datetime(2026, 7, 1, 8, 30),
        "value_recovered": Decimal("120.50"),
        "currency": "EUR",
        "is_intervention": True,
        "is_random_slice": False,
    }
    # What version 0.1.0 sealed this decision as, when the column was called otherwise.
    sealed_as = "032538af2209c931ac3ed5344e27e3bf41cc25fee9fecfc47d8f2e90307a029e"
    assert decision_detail(row)["decision_digest"] == sealed_as
