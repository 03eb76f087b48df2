"""The queue on PostgreSQL does what it does on SQLite, also when two write at once."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from leadline.access.tables import METADATA
from leadline.kernel import facts
from leadline.kernel.errors import BusyError, IntegrityError
from leadline.kernel.statements import plain
from leadline.queue.decisions import Verdict
from leadline.queue.engine import reading
from leadline.queue.holdout import HoldoutDraw
from leadline.queue.store import Store
from leadline.queue.upsert import UpsertReport
from tests.support.delivery import dropped
from tests.support.queue import AT, banded, drawn

pytestmark = pytest.mark.postgres


def test_a_night_twice_is_a_night_once_and_the_books_verify(url: str, tmp_path: Path) -> None:
    with Store(url) as store:
        big = drawn(money_at_risk=Decimal("9999999999999999.99"), title="Straße =1")
        assert store.upsert([big, banded()], at=AT) == UpsertReport(added=2)
        assert store.upsert([big, banded()], at=AT) == UpsertReport(unchanged=2)
        seen = {one.score: one for one in store.list_()}["invoice_dispute"]
        assert (seen.money_at_risk, seen.title, seen.facts["hours"]) == (
            Decimal("9999999999999999.99"),
            plain("Straße =1"),
            facts.hours(Decimal("31.00")),
        )
        store.decide(seen.external_id, Verdict("confirmed", "billed", "ana", value_recovered=Decimal("10")), at=AT)
        assert store.decisions_since(AT)[0].value_recovered == Decimal("10.00")
        assert dropped(store, tmp_path / "outbox").delivered == 3
        assert store.verify().entries == 4
        run = store.journal.start("run", as_of=None, at=AT)
        store.journal.finish(run, status="ok", at=AT, counts={"added": 2})
        assert store.journal.last_of_each()[0].counts == {"added": 2}


def test_the_trial_holds_back_the_same_ones_as_on_sqlite(url: str, tmp_path: Path) -> None:
    shown, held, large = drawn("A"), drawn("B"), drawn("C", money_at_risk=Decimal("9.99"))
    lots = [HoldoutDraw(shown, 0.1, False), HoldoutDraw(held, 0.1, True), HoldoutDraw(large, 0.1, True)]
    with Store(url) as postgres, Store(f"sqlite:///{tmp_path / 'ops.db'}") as sqlite:
        for store in (postgres, sqlite):
            store.upsert([shown, held, large], drawn=lots, at=AT)
            store.upsert([shown, held, large], drawn=lots[:2], at=AT)
        assert postgres.trial.enrolled() == sqlite.trial.enrolled()
        assert [one.released_at for one in postgres.trial.enrolled()].count(AT) == 1
        assert {one.object_id for one in postgres.list_()} == {"A", "C"}
        assert postgres.verify() == sqlite.verify()


def test_tampering_is_found(url: str) -> None:
    with Store(url) as store:
        store.upsert([drawn()], at=AT)
        with store.engine.begin() as connection:
            connection.execute(text("update exception set money_at_risk = 1"))
        with pytest.raises(IntegrityError, match="behind the audit's back"):
            store.verify()


def test_the_revisions_make_exactly_the_tables_of_the_code(url: str) -> None:
    with Store(url) as store, reading(store.engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_of_two_who_decide_at_once_one_is_refused(url: str) -> None:
    with Store(url) as store:
        store.upsert([drawn()], at=AT)
    winners: list[str] = []
    start = threading.Barrier(2)

    def decide(name: str) -> None:
        with Store(url) as own:
            start.wait()
            try:
                own.decide(drawn().external_id, Verdict("confirmed", "billed", name, expected_version=1), at=AT)
            except BusyError:
                winners.append(name)

    threads = [threading.Thread(target=decide, args=(name,)) for name in ("ana", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Store(url) as store:
        assert len(store.decisions_since()) == 1
        assert len(winners) == 1
        store.verify()


def test_two_processes_may_make_the_tables_at_once(url: str) -> None:
    failures: list[BaseException] = []

    def open_store() -> None:
        try:
            Store(url).close()
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=open_store) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
