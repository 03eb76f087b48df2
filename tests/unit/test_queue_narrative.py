"""What the queue holds is told as it is now, only to whom it may be, in their language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from leadline.kernel import facts
from leadline.kernel.narratives import with_due
from leadline.kernel.rendering import RenderedText, Renderer
from leadline.queue.narrative import reader_of, render_narrative
from leadline.queue.records import QueuedException
from leadline.queue.store import Store
from tests.support.narratives import DISPUTE, DUE_AT, FOUND, MARGIN, STAFFING, narrated_exception, told
from tests.support.queue import AT, drawn


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as opened:
        yield opened


def kept(store: Store, found: Any, **given: Any) -> QueuedException:
    """Put an exception into the queue and return it as the queue holds it."""
    one = narrated_exception(found, **given)
    store.upsert([one], at=AT)
    return store.get(one.external_id)


def read(one: QueuedException, reader: str, **how: Any) -> RenderedText:
    """Return what a reader is told of an exception of the queue."""
    return render_narrative(one, Renderer(audience=reader, **how))


@pytest.mark.parametrize("found", FOUND)
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_queue_tells_what_scoring_told(store: Store, found: Any, language: str) -> None:
    one = kept(store, found)
    for reader in ("controller", "project_manager", "account_manager"):
        assert read(one, reader, language=language) == told(found, reader, language=language)


def test_the_first_due_time_is_told_however_often_it_is_seen_again(store: Store) -> None:
    first = narrated_exception(DISPUTE)
    store.upsert([first], at=AT)
    later = DUE_AT + timedelta(days=1)
    again = replace(first, due_at=later, narratives=with_due(first.narratives, later))
    store.upsert([again], at=AT + timedelta(days=1))
    one = store.get(first.external_id)
    assert one.version == 1
    assert read(one, "project_manager").text.endswith("by 2026-07-03.")


def test_a_sentence_whose_figure_moved_is_no_longer_told(store: Store) -> None:
    one = kept(store, DISPUTE)
    assert "1,250.29 USD" in read(one, "controller").text
    moved = replace(one, money_at_risk=Decimal("9.99"))
    assert "1,250.29" not in read(moved, "controller").text
    assert "9.99" not in read(moved, "controller").text
    other = replace(one, facts={**one.facts, "client_dispute_rate": facts.percent(0.2)})
    assert "10%" not in read(other, "controller").text
    assert "272.6" not in read(replace(one, reasons=one.reasons[1:]), "controller").text


def test_who_may_not_see_costs_or_persons_is_not_told_them(store: Store) -> None:
    margin, staffing = kept(store, MARGIN), kept(store, STAFFING)
    assert "21,152.71 USD" in read(margin, "controller").text
    assert read(margin, "controller", hidden=("cost",)).text == (
        "11,417.07 USD of margin is at risk on project Data platform, with a chance of 93%. "
        "Why: 33% of the approved cost is spent with 20% of the work done."
    )
    assert "E7" in read(staffing, "project_manager").text
    assert "E7" not in str(read(staffing, "project_manager", hidden=("person",)))


FIVE = {"kind": "money", "value": "5", "unit": "EUR"}


@pytest.mark.parametrize(
    "harm",
    [
        {"template": "invoice_dispute.usual", "facts": {"own": FIVE | {"key": "facts.amount"}}},
        {"template": "invoice_dispute.usual", "facts": {"own": FIVE | {"key": "facts.salary"}}},
        {"template": "invoice_dispute.usual", "facts": {"own": FIVE}},
        {"template": "plain.text", "facts": {"text": {"kind": "text", "value": "It costs 5 EUR."}}},
    ],
)
def test_a_stored_line_that_was_changed_by_hand_tells_no_figure_of_its_own(store: Store, harm: dict[str, Any]) -> None:
    one = kept(store, DISPUTE)
    assert one.narratives is not None
    lines = one.narratives["lines"] | {"controller": [[harm]]}
    assert read(replace(one, narratives={"lines": lines}), "controller").text == ""


def test_other_words_with_a_figure_of_their_own_give_way_to_the_sentence(store: Store) -> None:
    one = kept(store, DISPUTE)
    assert one.narratives is not None
    (why, reason) = one.narratives["lines"]["project_manager"][1]
    lines = {"project_manager": [[why, reason | {"wording": "It is {times} times, or 9, as large."}]]}
    told = read(replace(one, narratives={"lines": lines}), "project_manager").text
    assert told == "Why: Its amount is 272.6 times the contract's last invoice."


def test_what_has_no_narratives_tells_nothing(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    one = store.list_()[0]
    assert (one.narratives, read(one, "controller").text) == (None, "")
    old = {"facts": [["finding.object_id", "id", "INV-1", "", ""]], "readers": {"controller": []}}
    assert read(replace(one, narratives=old), "controller").text == ""


def test_new_narratives_alone_are_no_news(store: Store) -> None:
    first = narrated_exception(DISPUTE)
    store.upsert([replace(first, narratives=drawn().narratives)], at=AT)
    report = store.upsert([first], at=AT)
    one = store.get(first.external_id)
    assert (report.unchanged, one.version) == (1, 1)
    assert read(one, "controller").text
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
