"""Deliveries are made at least once, and the receiver can take each exactly once, whatever crashes when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline.kernel.errors import HomeError
from leadline.queue import outbox
from leadline.queue.decisions import Verdict
from leadline.queue.outbox import MAX_TRIES, DeliveryReport, drop_file
from leadline.queue.store import Store
from tests.support.queue import AS_OF, AT, banded, drawn


class Crash(BaseException):
    """The power goes."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as opened:
        opened.upsert([drawn(), banded()], at=AT)
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _take(folder: Path) -> list[str]:
    """Take everything as a receiver should: move it to done/, return the keys."""
    done = folder / "done"
    done.mkdir(exist_ok=True)
    taken = sorted(folder.glob("*.json"))
    for path in taken:
        path.rename(done / path.name)
    return [path.stem for path in taken]


def test_every_added_and_changed_exception_is_delivered_once(store: Store, folder: Path) -> None:
    assert store.deliver(folder, at=AT) == DeliveryReport(delivered=2)
    store.decide(drawn().external_id, Verdict("dismissed", "not_true", "ana"), at=AT)
    assert store.deliver(folder, at=AT) == DeliveryReport(delivered=1)
    assert store.deliver(folder, at=AT) == DeliveryReport()
    expected = [(drawn(), 1), (drawn(), 2), (banded(), 1)]
    assert _names(folder) == sorted(f"{one.external_id}-{version}.json" for one, version in expected)


def test_a_message_holds_the_record_and_its_key(store: Store, folder: Path) -> None:
    store.deliver(folder, at=AT)
    message = json.loads((folder / f"{drawn().external_id}-1.json").read_text("utf-8"))
    assert (message["event"], message["idempotency_key"]) == ("added", f"{drawn().external_id}-1")
    assert (message["money_at_risk"], message["currency"], message["state"]) == (1200.0, "USD", "open")


def test_expiry_is_delivered_too(store: Store, folder: Path) -> None:
    store.upsert([], scored={"invoice_dispute": AS_OF}, at=AT)
    store.deliver(folder, at=AT)
    message = json.loads((folder / f"{drawn().external_id}-2.json").read_text("utf-8"))
    assert (message["event"], message["state"]) == ("expired", "expired")


def test_a_crash_between_writing_and_marking_repeats_the_same_bytes(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_mark", crash)
        with pytest.raises(Crash):
            store.deliver(folder, at=AT)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert store.deliver(folder, at=AT) == DeliveryReport(delivered=2)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_the_receiver_took_before_the_crash_is_not_delivered_again(store: Store, folder: Path) -> None:
    def drop_then_crash(where: Path, key: str, message: bytes) -> None:
        drop_file(where, key, message)
        raise Crash

    with pytest.raises(Crash):
        outbox.deliver(store.engine, folder, at=AT, adapter=drop_then_crash)
    first = _take(folder)
    assert len(first) == 1
    store.deliver(folder, at=AT)
    assert sorted(first + _take(folder)) == sorted([f"{drawn().external_id}-1", f"{banded().external_id}-1"])


def test_a_crash_while_writing_leaves_nothing_that_looks_delivered(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: Path, __: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", crash)
        with pytest.raises(Crash):
            store.deliver(folder, at=AT)
    assert list(folder.glob("*.json")) == []
    assert store.deliver(folder, at=AT).delivered == 2


def test_one_refused_message_does_not_hold_up_the_others(store: Store, folder: Path) -> None:
    bad = f"{drawn().external_id}-1"

    def refuse(where: Path, key: str, message: bytes) -> None:
        if key == bad:
            raise PermissionError(13, "Permission denied")
        drop_file(where, key, message)

    assert outbox.deliver(store.engine, folder, at=AT, adapter=refuse) == DeliveryReport(delivered=1, failed=1)
    assert store.waiting_messages() == (1, 0)


def test_a_message_that_keeps_failing_becomes_a_dead_letter_and_can_be_revived(store: Store, folder: Path) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    reports = [outbox.deliver(store.engine, folder, at=AT, adapter=refuse) for _ in range(MAX_TRIES)]
    assert [report.dead for report in reports] == [0] * (MAX_TRIES - 1) + [2]
    assert store.deliver(folder, at=AT) == DeliveryReport()
    assert store.waiting_messages() == (0, 2)
    assert store.deliver(folder, at=AT, retry_dead=True) == DeliveryReport(delivered=2)
    assert store.waiting_messages() == (0, 0)


def test_a_folder_that_cannot_be_made_costs_no_message_a_try(store: Store, tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(HomeError, match="nothing is lost"):
        store.deliver(blocker / "outbox", at=AT)
    assert store.waiting_messages() == (2, 0)


def test_many_messages_go_out_in_chunks_without_a_loss(store: Store, folder: Path) -> None:
    store.upsert([drawn(f"INV-{n}") for n in range(450)], at=AT)
    store.deliver(folder, at=AT)
    assert len(_names(folder)) == len(store.list_()) + 0
    assert store.waiting_messages() == (0, 0)
