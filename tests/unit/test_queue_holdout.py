"""What is held back stays hidden, in its group, and in the audit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from leadline.kernel.errors import IntegrityError
from leadline.queue.decisions import Verdict
from leadline.queue.holdout import HoldoutDraw
from leadline.queue.store import Store
from leadline.queue.upsert import UpsertReport
from tests.support.queue import AS_OF, AT, drawn

A, B = drawn("A"), drawn("B")
HELD, SHOWN = HoldoutDraw(A, 0.5, True), HoldoutDraw(B, 0.5, False)
LATER = AT + timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as opened:
        yield opened


def groups(store: Store) -> dict[str, tuple[bool, bool]]:
    """Return whether each enrolled one is held, and whether it was released."""
    return {one.object_id: (one.is_held, one.released_at is not None) for one in store.trial.enrolled()}


def test_people_see_the_one_and_not_the_other_and_both_are_remembered(store: Store) -> None:
    assert store.upsert([A, B], drawn=[HELD, SHOWN], at=AT) == UpsertReport(added=1)
    assert [one.object_id for one in store.list_()] == ["B"]
    assert store.upsert([A, B], drawn=[HELD, SHOWN], at=LATER) == UpsertReport(unchanged=1)
    first, second = store.trial.enrolled()
    assert (first.object_id, first.is_held, first.share, first.as_of, first.enrolled_at) == ("A", True, 0.5, AS_OF, AT)
    assert (first.money_at_risk, first.currency, first.probability) == (Decimal("1200.00"), "USD", 0.5)
    assert (second.object_id, second.is_held, second.released_at) == ("B", False, None)
    assert store.verify().entries == 3


def test_what_people_have_seen_is_never_held_back(store: Store) -> None:
    store.upsert([A, B], at=AT)
    store.decide(A.external_id, Verdict("dismissed", "not_true", "ana"), at=AT)
    store.upsert([A, B], drawn=[HELD, replace(SHOWN, is_held=True)], at=LATER)
    assert groups(store) == {}
    assert {one.object_id: one.state for one in store.list_()} == {"A": "dismissed", "B": "open"}


def test_one_that_grows_dear_is_released_and_still_counts_as_held_back(store: Store) -> None:
    store.upsert([A], drawn=[HELD], at=AT)
    large = drawn("A", money_at_risk=Decimal("90000.00"))
    assert store.upsert([large], drawn=[], at=LATER) == UpsertReport(added=1)
    assert groups(store) == {"A": (True, True)}
    assert store.upsert([A], drawn=[HELD], at=LATER + timedelta(days=1)).added == 0
    assert [one.state for one in store.list_()] == ["open"]
    store.verify()


def test_one_that_is_not_found_again_keeps_its_group(store: Store) -> None:
    store.upsert([A, B], drawn=[HELD, SHOWN], at=AT)
    store.upsert([], scored={"invoice_dispute": AS_OF}, at=LATER)
    store.upsert([A], drawn=[replace(HELD, is_held=False)], at=LATER + timedelta(days=1))
    assert groups(store) == {"A": (True, False), "B": (False, False)}
    assert [(one.object_id, one.state) for one in store.list_()] == [("B", "expired")]


@pytest.mark.parametrize(
    "change", ["update trial set is_held = 0", "update trial set money_at_risk = 1", "delete from trial"]
)
def test_the_audit_finds_a_group_that_was_changed_behind_its_back(store: Store, change: str) -> None:
    store.upsert([A, B], drawn=[HELD, SHOWN], at=AT)
    with store.engine.begin() as connection:
        connection.execute(text(change))
    with pytest.raises(IntegrityError, match="behind the audit's back") as caught:
        store.verify()
    assert "trial of exception" in str(caught.value.faults[0])
