"""The worklist's questions: one look is one page, also in a queue of thousands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from leadline.access.permissions import ABOUT_PEOPLE
from leadline.access.row_scope import scope_of
from leadline.access.users import User, sees
from leadline.queue.decisions import Verdict
from leadline.queue.states import WAITING
from leadline.queue.store import Store
from leadline.queue.trail import Difference
from leadline.queue.worklist import Choices, Key, RowScope, Sought, Sum
from tests.support.queue import AT, drawn

ALL, NO_ONE = RowScope(), RowScope(frozenset())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as opened:
        yield opened


def test_sums_are_exact_and_per_currency(store: Store) -> None:
    found = [
        drawn(f"I{n}", currency=currency, money_at_risk=Decimal(money), scored={"expected_value": Decimal(value)})
        for n, (currency, money, value) in enumerate(
            (("EUR", "0.10", "0.01"), ("EUR", "0.20", "0.02"), ("USD", "1234567890.12", "-5.00"))
        )
    ]
    store.upsert(found, at=AT)
    assert store.worklist.sums(ALL, Sought()) == [
        Sum("EUR", 2, Decimal("0.30"), Decimal("0.03")),
        Sum("USD", 1, Decimal("1234567890.12"), Decimal("-5.00")),
    ]
    assert store.worklist.sums(NO_ONE, Sought()) == []


def test_nothing_is_seen_without_a_legal_entity_in_scope(store: Store) -> None:
    store.upsert([drawn("A", legal_entity_id="DE"), drawn("B"), drawn("C", legal_entity_id="")], at=AT)
    shown = {
        entities: {one.object_id for one in store.worklist.page(RowScope(entities), Sought(), limit=9)}
        for entities in (None, frozenset({"DE"}), frozenset({"FR"}), frozenset[str]())
    }
    assert shown == {None: {"A", "B", "C"}, frozenset({"DE"}): {"A"}, frozenset({"FR"}): set(), frozenset(): set()}
    assert store.worklist.choices(RowScope(frozenset({"DE"}))) == Choices(("finance-emea",), ("DE",))
    assert store.worklist.seen(RowScope(frozenset({"FR"})), drawn("A").external_id) is None


def test_an_export_is_ordered_by_value_and_then_by_id_whatever_the_order_they_came_in(store: Store) -> None:
    values = (Decimal("5.00"), Decimal("9.00"))
    found = [drawn(f"I{n}", scored={"expected_value": values[n % 2]}) for n in range(20)]
    store.upsert(sorted(found, key=lambda one: one.external_id), at=AT)
    exported = [(one.expected_value, one.external_id) for one in store.worklist.each(ALL, Sought())]
    assert exported == sorted(((one.expected_value, one.external_id) for one in found), reverse=True)


def test_an_id_is_whole_or_none(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    assert store.worklist.seen(ALL, drawn().external_id) is not None
    assert store.worklist.seen(ALL, drawn().external_id[:8]) is None


def test_kinds_are_counted_among_what_is_common(store: Store) -> None:
    late = {"due_at": AT - timedelta(hours=1)}
    store.upsert([drawn("A", scored=late), drawn("B", scored={"owner": "P-1"}), drawn("C", scored=late)], at=AT)
    store.decide(drawn("C").external_id, Verdict("dismissed", "not_true", "ana"), at=AT)
    kinds = {"late": Sought(due_before=AT), "mine": Sought(whose=("P-1",)), "all": Sought()}
    assert store.worklist.kinds(ALL, Sought(states=WAITING), kinds) == {"late": 1, "mine": 1, "all": 2}
    assert store.worklist.kinds(NO_ONE, Sought(), kinds) == {"late": 0, "mine": 0, "all": 0}


@pytest.mark.parametrize("scope", [ALL, RowScope(frozenset({"DE"}), ABOUT_PEOPLE)])
def test_a_list_of_a_long_queue_is_read_from_its_indexes_and_never_sorted_whole(store: Store, scope: RowScope) -> None:
    store.upsert([drawn(f"I{n}", legal_entity_id=("DE", "FR")[n % 2]) for n in range(1500)], at=AT)
    first = store.worklist.page(scope, Sought(states=WAITING), limit=50)
    after = Key(first[-1].expected_value, first[-1].external_id)
    with watched(store) as plans:
        second = store.worklist.listing(scope, Sought(states=WAITING), limit=50, after=after)
        store.worklist.choices(scope)
    assert not {one.external_id for one in first} & {one.external_id for one in second.page}
    sums, page, claims, shown, owners, entities = plans
    assert "COVERING INDEX ix_exception_list" in sums
    assert "COVERING INDEX ix_exception_order" in page
    assert "ix_exception_claimed" in claims
    assert "sqlite_autoindex_exception" in shown
    assert "ix_exception_answers" in owners
    assert "COVERING INDEX ix_exception_of_legal_entity" in entities
    assert not [plan for plan in (page, owners, entities) if "TEMP B-TREE" in plan]


def test_the_trail_of_one_exception_is_found_by_its_index(store: Store) -> None:
    with store.reading() as connection:
        trail = str(connection.execute(text("explain query plan select * from audit where external_id = 'a'")).all())
    assert "ix_audit_external_id" in trail


@contextmanager
def watched(store: Store) -> Iterator[list[str]]:
    """Note how SQLite answers each question that is asked meanwhile."""
    asked: list[tuple[str, Any]] = []
    plans: list[str] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append((statement, values))

    event.listen(store.engine, "before_cursor_execute", note)
    yield plans
    event.remove(store.engine, "before_cursor_execute", note)
    with store.reading() as connection:
        plans += [str(connection.exec_driver_sql(f"explain query plan {one}", with_).all()) for one, with_ in asked]


@pytest.mark.parametrize("roles", [("operator",), ("analyst",), ("admin",), ("auditor",), ("admin", "analyst")])
@pytest.mark.parametrize("entities", [None, frozenset({"DE"}), frozenset({"DE", "FR"})])
def test_the_filter_of_a_user_is_what_they_see(
    store: Store, roles: tuple[str, ...], entities: frozenset[str] | None
) -> None:
    from leadline.access.permissions import allowed

    user = User("ana", roles, entities, None, True, AT, None, allowed(roles))
    rows = [
        drawn(f"{score}-{entity}", score=score, legal_entity_id=entity)
        for score in ("invoice_dispute", *ABOUT_PEOPLE)
        for entity in ("DE", "FR", "UK", None)
    ]
    store.upsert(rows, at=AT)
    expected = {
        one.external_id
        for one in rows
        if user.may("see_queue")
        and sees(user, one.finding.legal_entity_id)
        and (user.may("see_personal_data") or one.finding.score not in ABOUT_PEOPLE)
    }
    shown = {one.external_id for one in store.worklist.page(scope_of(user), Sought(), limit=99)}
    assert shown == (expected if user.may("see_queue") else set())


def test_the_trail_tells_each_step_and_what_differs_since(store: Store) -> None:
    one = drawn()
    store.upsert([one], at=AT)
    store.upsert([drawn(title="It says something else")], at=AT + timedelta(hours=1))
    store.decide(one.external_id, Verdict("dismissed", "not_true", "ana", note="no"), at=AT + timedelta(hours=2))
    seen = store.worklist.seen(ALL, one.external_id)
    assert seen is not None
    now, trail = seen
    assert [(step.version, step.event, step.actor) for step in trail.steps] == [
        (1, "added", "leadline"),
        (2, "updated", "leadline"),
        (3, "dismissed", "ana"),
    ]
    assert [(decision.exception_version, decision.note) for decision in trail.decisions] == [(2, "no")]
    assert store.worklist.differences(now, version=2) == [
        Difference("state", "open", "dismissed"),
        Difference("in hand of", None, "ana"),
    ]
    assert "title" in {difference.what for difference in store.worklist.differences(now, version=1)}
    assert store.worklist.differences(now, version=3) == []
    assert store.worklist.differences(now, version=99) == []
