"""The folder gets each message at least once, and its receiver can take each exactly once, whatever crashes when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from leadline.delivery.folder import FolderTarget
from leadline.kernel.errors import HomeError
from leadline.queue.decisions import Verdict
from leadline.queue.deliveries import Intake, Message
from leadline.queue.store import Store
from tests.support.delivery import MemoryTarget, dropped, served
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
    assert dropped(store, folder).delivered == 2
    store.decide(drawn().external_id, Verdict("dismissed", "not_true", "ana"), at=AT)
    assert dropped(store, folder).delivered == 1
    assert dropped(store, folder).delivered == 0
    expected = [(drawn(), 1), (drawn(), 2), (banded(), 1)]
    assert _names(folder) == sorted(f"{one.external_id}-{version}.json" for one, version in expected)


def test_a_message_holds_the_record_and_its_key(store: Store, folder: Path) -> None:
    dropped(store, folder)
    message = json.loads((folder / f"{drawn().external_id}-1.json").read_text("utf-8"))
    assert (message["event"], message["idempotency_key"]) == ("added", f"{drawn().external_id}-1")
    assert (message["money_at_risk"], message["currency"], message["state"]) == (1200.0, "USD", "open")


def test_expiry_is_delivered_too(store: Store, folder: Path) -> None:
    store.upsert([], scored={"invoice_dispute": AS_OF}, at=AT)
    dropped(store, folder)
    message = json.loads((folder / f"{drawn().external_id}-2.json").read_text("utf-8"))
    assert (message["event"], message["state"]) == ("expired", "expired")


def test_a_crash_between_writing_and_marking_repeats_the_same_bytes(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Store, "settle", crash)
        with pytest.raises(Crash):
            dropped(store, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert dropped(store, folder).delivered == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_the_receiver_took_before_the_crash_is_not_delivered_again(store: Store, folder: Path) -> None:
    class CrashingFolder(FolderTarget):
        def _send(self, message: Message, at: datetime) -> None:
            super()._send(message, at)
            raise Crash

    with pytest.raises(Crash):
        served(store, CrashingFolder(folder))
    first = _take(folder)
    assert len(first) == 1
    dropped(store, folder)
    assert sorted(first + _take(folder)) == sorted([f"{drawn().external_id}-1", f"{banded().external_id}-1"])


def test_a_crash_while_writing_leaves_nothing_that_looks_delivered(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: Path, __: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", crash)
        with pytest.raises(Crash):
            dropped(store, folder)
    assert list(folder.glob("*.json")) == []
    assert dropped(store, folder).delivered == 2


def test_a_folder_that_cannot_be_made_costs_no_message_a_try_and_stops_no_other_target(
    store: Store, tmp_path: Path
) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    other = MemoryTarget()
    folder, memory = served(store, FolderTarget(blocker / "outbox"), other)
    assert isinstance(folder.failure, HomeError)
    assert "nothing is lost" in folder.failure.what
    assert (folder.delivered, folder.waiting, memory.delivered) == (0, 2, 2)
    assert [message.tries for message in store.due_messages("folder", at=AT, limit=9)] == [0, 0]


def test_many_messages_go_out_in_chunks_without_a_loss(store: Store, folder: Path) -> None:
    store.upsert([drawn(f"INV-{n}") for n in range(450)], at=AT)
    dropped(store, folder)
    assert len(_names(folder)) == 451
    assert store.delivery_state("folder", Intake.EVERYTHING).waiting == 0
