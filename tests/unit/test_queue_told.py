"""What the queue holds is told as it is now, and only to whom it may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from leadline.kernel.narratives import Narratives
from leadline.queue.records import QueuedException
from leadline.queue.store import Store
from leadline.queue.told import reader_of, told_to
from tests.support.narratives import (
    BENCH,
    DISPUTE,
    DUE_AT,
    LEAK,
    MARGIN,
    STAFFING,
    record_of,
    told,
    told_exception,
)
from tests.support.queue import AT, drawn


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as opened:
        yield opened


def kept(store: Store, found: Any, **given: Any) -> QueuedException:
    """Put an exception into the queue and return it as the queue holds it."""
    one = told_exception(found, **given)
    store.upsert([one], at=AT)
    return store.get(one.external_id)


@pytest.mark.parametrize("found", [LEAK, DISPUTE, MARGIN, STAFFING, BENCH])
def test_the_queue_tells_what_scoring_told(store: Store, found: Any) -> None:
    one = kept(store, found)
    for reader in ("controller", "project_manager", "account_manager"):
        assert told_to(one, reader) == told(record_of(found), reader)


def test_the_first_due_time_is_told_however_often_it_is_seen_again(store: Store) -> None:
    first = told_exception(DISPUTE)
    store.upsert([first], at=AT)
    later = DUE_AT + timedelta(days=1)
    again = replace(first, due_at=later, narratives=_due(first.narratives, later.isoformat()))
    store.upsert([again], at=AT + timedelta(days=1))
    one = store.get(first.external_id)
    assert one.version == 1
    assert told_to(one, "project_manager").text.endswith("by 2026-07-03.")


def _due(narratives: Narratives, day: str) -> Narratives:
    facts = tuple(replace(one, value=day) if one.key == "queue.due_at" else one for one in narratives.facts)
    return replace(narratives, facts=facts)


def test_a_sentence_whose_figure_moved_is_no_longer_told(store: Store) -> None:
    one = kept(store, DISPUTE)
    assert "1,250.29 USD" in told_to(one, "controller").text
    moved = replace(one, money_at_risk=Decimal("9.99"))
    assert "1,250.29" not in told_to(moved, "controller").text
    assert "9.99" not in told_to(moved, "controller").text
    other = replace(one, facts=one.facts | {"client_dispute_rate": 0.2})
    assert "10 %" not in told_to(other, "controller").text


def test_who_may_not_see_costs_or_persons_is_not_told_them(store: Store) -> None:
    margin, staffing = kept(store, MARGIN), kept(store, STAFFING)
    assert "21,152.71 USD" in told_to(margin, "controller").text
    assert told_to(margin, "controller", hidden=("cost",)).text == (
        "11,417.07 USD of margin is at risk on project Data platform, with a chance of 93 %. "
        "Why: 33% of the approved cost is spent with 20% of the work done."
    )
    assert "E7" in told_to(staffing, "project_manager").text
    assert "E7" not in str(told_to(staffing, "project_manager", hidden=("person",)))


@pytest.mark.parametrize(
    "harm",
    [
        {"text": "It costs 5 EUR.", "slots": []},
        {"text": "It costs ⟦0⟧.", "slots": [["facts.salary", ""]]},
        {"text": "It costs ⟦0⟧.", "slots": [["facts.amount", "99,999.00 EUR"]]},
        {"text": "Ask ⟦0⟧ and ⟦1⟧.", "slots": [["finding.object_id", ""]]},
    ],
)
def test_a_stored_text_that_was_changed_by_hand_tells_no_figure_of_its_own(store: Store, harm: dict[str, Any]) -> None:
    one = kept(store, DISPUTE)
    assert one.narratives is not None
    readers = one.narratives["readers"] | {"controller": [harm]}
    assert told_to(replace(one, narratives=one.narratives | {"readers": readers}), "controller").text == ""


def test_what_was_scored_before_there_were_narratives_tells_nothing(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    one = store.list_()[0]
    assert (one.narratives, told_to(one, "controller").text) == (None, "")


def test_new_narratives_alone_are_no_news(store: Store) -> None:
    first = told_exception(DISPUTE)
    store.upsert([replace(first, narratives=drawn().narratives)], at=AT)
    report = store.upsert([first], at=AT)
    one = store.get(first.external_id)
    assert (report.unchanged, one.version) == (1, 1)
    assert told_to(one, "controller").text
    store.verify()


@pytest.mark.parametrize(
    ("role", "reader"),
    [
        ("project_manager", "project_manager"),
        ("resource_manager", "project_manager"),
        ("account_manager", "account_manager"),
        ("finance_director", "controller"),
        ("team", "controller"),
    ],
)
def test_the_role_that_answers_has_its_reader(store: Store, role: str, reader: str) -> None:
    assert reader_of(kept(store, DISPUTE, owner_kind=role)) == reader


def test_a_list_leaves_narratives_to_the_page_of_one(store: Store) -> None:
    one = kept(store, DISPUTE)
    (listed,) = store.list_()
    assert (listed.narratives, replace(one, narratives=None)) == (None, listed)
