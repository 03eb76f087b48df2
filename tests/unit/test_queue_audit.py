"""The audit shows whatever was changed behind its back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline.kernel.errors import IntegrityError
from leadline.queue.decisions import Verdict
from leadline.queue.store import Store
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
        ("update audit set actor = 'nobody' where number = 2", "audit entry 2"),
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
        row["actor"] = "nobody"
        forged = {"actor": "nobody", "hash": audit._seal(row)}
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
