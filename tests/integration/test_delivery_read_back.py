"""Decisions of the receiving system are taken over once, none over another one, and no file is ever lost."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from leadline.delivery import read_back as module
from leadline.delivery.decision_files import COLUMNS, read_decisions
from leadline.delivery.read_back import ReadBackReport, left_for_people, read_back
from leadline.kernel.errors import BusyError, HomeError, InputError
from leadline.queue.decisions import Verdict
from leadline.queue.engine import writing
from leadline.queue.store import Store
from tests.support.queue import AT, banded, drawn

A, B = drawn().external_id, banded().external_id
BILLED = {"external_id": A, "version": 1, "verdict": "confirmed", "reason_code": "billed", "decided_by": "erp:ana"}


@pytest.fixture
def store(any_store: Store) -> Store:
    any_store.upsert([drawn(), banded()], at=AT)
    return any_store


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    (tmp_path / "outbox" / "decisions").mkdir(parents=True)
    return tmp_path / "outbox"


def _leave(outbox: Path, *rows: dict[str, Any], name: str = "one.json") -> None:
    (outbox / "decisions" / name).write_text(json.dumps({"decisions": rows}))


def _read(store: Store, outbox: Path) -> ReadBackReport:
    return read_back(store, outbox, at=AT + timedelta(days=1))


def _lying(outbox: Path) -> list[str]:
    folder = outbox / "decisions"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_decision_there_closes_ours_under_the_name_of_who_took_it(store: Store, outbox: Path) -> None:
    _leave(outbox, BILLED | {"decided_at": "2026-07-01T09:00:00+02:00", "note": "paid", "value_recovered": "1200.50"})
    assert _read(store, outbox).taken == 1
    assert store.get(A).state == "confirmed"
    taken = store.history(A)[0]
    assert (taken.decided_by, taken.decided_at, taken.value_recovered, taken.exception_version) == (
        *("erp:ana", AT + timedelta(days=1), Decimal("1200.50"), 1),
    )
    assert taken.note == "decided 2026-07-01 07:00:00 UTC; paid"
    assert _lying(outbox) == ["done/one.json"]
    store.verify()


def test_csv_says_the_same_as_json(store: Store, outbox: Path) -> None:
    header = ",".join(COLUMNS)
    lines = [
        header,
        f"{A},1,confirmed,billed,erp:ana,,,,true,",
        f"{B},1,snoozed,not_now,erp:ben,,,,,2026-08-01T00:00:00Z",
    ]
    (outbox / "decisions" / "one.csv").write_bytes(("\ufeff" + "\r\n".join(lines)).encode())
    assert _read(store, outbox).taken == 2
    assert (store.get(A).state, store.get(B).state) == ("confirmed", "snoozed")
    assert f"{store.get(B).snoozed_until:%Y-%m-%d}" == "2026-08-01"


def test_the_same_file_again_changes_nothing_and_loses_nothing(store: Store, outbox: Path) -> None:
    for _ in range(3):
        _leave(outbox, BILLED)
        report = _read(store, outbox)
    assert (report.taken, report.known, report.conflicts) == (0, 1, [])
    assert (len(store.history(A)), store.get(A).version) == (1, 2)
    assert _lying(outbox) == ["done/one-2.json", "done/one-3.json", "done/one.json"]


def test_a_crash_before_the_file_moved_takes_nothing_twice(
    store: Store, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    _leave(outbox, BILLED)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_move", crash)
        with pytest.raises(KeyboardInterrupt):
            _read(store, outbox)
    report = _read(store, outbox)
    assert (report.taken, report.known, len(store.history(A)), _lying(outbox)) == (0, 1, 1, ["done/one.json"])


def test_ours_decided_otherwise_meanwhile_stands_and_theirs_is_kept(store: Store, outbox: Path) -> None:
    store.decide(A, Verdict("dismissed", "not_true", "ben"), at=AT)
    other = BILLED | {"external_id": B}
    _leave(outbox, BILLED, other)
    report = _read(store, outbox)
    assert (report.taken, [fault.where for fault in report.conflicts]) == (1, [A])
    assert "dismissed by ben" in report.conflicts[0].found
    assert (store.get(A).state, store.get(B).state) == ("dismissed", "confirmed")
    assert _lying(outbox) == ["conflicts/one.json", "done/one.json"]
    kept = json.loads((outbox / "decisions" / "conflicts" / "one.json").read_text())
    assert kept == {"decisions": [BILLED]}
    assert left_for_people(outbox) == (0, 1)
    with pytest.raises(InputError, match="kept for review"):
        report.raise_left()


def test_a_decision_on_what_changed_meanwhile_is_a_conflict(store: Store, outbox: Path) -> None:
    store.take(A, by="ben", at=AT)
    _leave(outbox, BILLED)
    report = _read(store, outbox)
    assert (report.taken, len(report.conflicts), store.get(A).state) == (0, 1, "in_review")


def test_two_decisions_there_that_contradict_each_other_are_not_both_taken(store: Store, outbox: Path) -> None:
    _leave(outbox, BILLED, BILLED | {"verdict": "dismissed", "reason_code": "not_true"})
    report = _read(store, outbox)
    assert (report.taken, len(report.conflicts), store.get(A).state) == (1, 1, "confirmed")


def test_our_own_decision_said_back_is_no_conflict(store: Store, outbox: Path) -> None:
    store.decide(A, Verdict("confirmed", "billed", "erp:ana"), at=AT)
    _leave(outbox, BILLED | {"version": 2})
    assert (_read(store, outbox).known, len(store.history(A))) == (1, 1)


def test_all_faults_of_a_file_are_reported_and_none_of_it_is_taken(store: Store, outbox: Path) -> None:
    wrong = {"external_id": A[:6], "version": 1, "verdict": "dismissed", "reason_code": "not_true", "decided_by": "ana"}
    rows = (
        BILLED,
        {"external_id": A, "version": 0, "verdict": "maybe", "reason_code": "billed", "decided_by": " "},
        BILLED | {"reason_code": "not_true", "colour": "red"},
        BILLED | {"decided_at": "2026-07-01T09:00:00", "value_recovered": -1, "is_intervention": 1},
    )
    _leave(outbox, *rows)
    _leave(outbox, BILLED | {"external_id": B}, name="two.json")
    report = _read(store, outbox)
    assert [fault.where.partition(": ")[2] for fault in report.rejected] == [
        *("decision 2, version", "decision 2, verdict", "decision 2, decided_by", "decision 3"),
        *("decision 4, decided_at", "decision 4, value_recovered", "decision 4, is_intervention"),
    ]
    assert (store.get(A).state, store.get(B).state) == ("open", "confirmed")
    assert _lying(outbox) == ["done/two.json", "rejected/one.json", "rejected/one.json.txt"]
    assert len((outbox / "decisions" / "rejected" / "one.json.txt").read_text().splitlines()) == 7
    _leave(outbox, wrong, BILLED | {"reason_code": "not_true"}, BILLED | {"snoozed_until": "2026-08-01T00:00:00Z"})
    assert [fault.where.partition(", ")[2] for fault in _read(store, outbox).rejected] == [
        "reason_code",
        "snoozed_until",
    ]
    _leave(outbox, wrong)
    assert [fault.expected for fault in _read(store, outbox).rejected] == ["the whole id of an exception"]
    assert left_for_people(outbox) == (3, 0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b""),
        ("a.json", b"{"),
        ("a.json", b"[]"),
        ("a.json", b"3"),
        ("a.json", b'{"decisions": {}}'),
        ("a.json", b'["a"]'),
        ("a.json", b"\xff"),
        ("a.json", b"[" * 100_000),
        ("a.json", b'[{"verdict": ["a"], "version": true, "decided_by": 1}]'),
        ("a.json", b'[{"\\ud800": "\\ud800", "external_id": "a\\u0000", "decided_by": "\\udfff"}]'),
        ("a.json", b'[{"version": 1e400, "value_recovered": NaN}]'),
        ("a.csv", b""),
        ("a.csv", b"external_id,version\n"),
        ("a.csv", b"external_id,version\nx\n"),
        ("a.csv", b"external_id,version\nx,1,2\n"),
        ("a.csv", b'external_id,version\n"x,1\n'),
        ("a.csv", b"external_id,external_id\nx,y\n"),
    ],
)
def test_a_file_of_another_form_has_faults_and_no_decisions(name: str, content: bytes) -> None:
    decided, faults = read_decisions(name, content)
    assert (decided, bool(faults)) == ([], True)


def test_what_is_hidden_or_no_file_of_decisions_is_left_alone(store: Store, outbox: Path) -> None:
    _leave(outbox, BILLED, name=".half.json")
    (outbox / "decisions" / "readme.txt").write_text("hello")
    assert _read(store, outbox) == ReadBackReport()
    assert _lying(outbox) == [".half.json", "readme.txt"]


def test_without_a_folder_there_is_nothing_to_read(store: Store, tmp_path: Path) -> None:
    assert _read(store, tmp_path / "nowhere") == ReadBackReport()


def test_a_busy_store_is_no_conflict(tmp_path: Path, outbox: Path) -> None:
    url = f"sqlite:///{tmp_path / 'busy.db'}"
    with Store(url, busy_seconds=0.01) as store, Store(url) as other:
        store.upsert([drawn()], at=AT)
        _leave(outbox, BILLED)
        with writing(other.engine), pytest.raises(BusyError, match="locked"):
            _read(store, outbox)
        assert _lying(outbox) == ["one.json"]
        assert _read(store, outbox).taken == 1


def test_a_folder_that_cannot_be_written_is_reported(store: Store, outbox: Path) -> None:
    _leave(outbox, BILLED)
    (outbox / "decisions" / "done").write_text("in the way")
    with pytest.raises(HomeError, match="nothing is lost"):
        _read(store, outbox)
    assert "one.json" in _lying(outbox)
