"""Whatever a night finds: putting it in twice is putting it in once, and the books stay closed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.kernel.findings import ScoredException
from leadline.kernel.statements import plain
from leadline.queue.decisions import Verdict
from leadline.queue.deliveries import Intake
from leadline.queue.records import as_record
from leadline.queue.states import DECIDED, LIVE
from leadline.queue.store import Store
from tests.support.queue import AS_OF, AT, drawn

MONEY = st.decimals(min_value=0, max_value=10**9, places=2)
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)


@st.composite
def nights(draw: st.DrawFn) -> list[ScoredException]:
    """Draw what one night finds: up to eight invoices of five."""
    names = draw(st.lists(st.sampled_from([f"INV-{n}" for n in range(5)]), unique=True))
    return [
        drawn(
            name,
            money_at_risk=draw(MONEY),
            probability=draw(st.floats(0, 1)),
            title=draw(TEXT),
            scored={"expected_value": draw(MONEY), "rank": draw(st.integers(1, 9))},
        )
        for name in names
    ]


def _queue(*found: list[ScoredException], decide: bool = False) -> tuple[list[dict[str, object]], int, str]:
    with Store("sqlite://") as store:
        for night in found:
            store.upsert(night, scored={"invoice_dispute": AS_OF}, at=AT)
            if decide and store.list_() and store.list_()[0].state in LIVE:
                store.decide(store.list_()[0].external_id, Verdict("dismissed", "not_true", "ana"), at=AT)
        waiting = store.delivery_state("folder", Intake.EVERYTHING).waiting
        return [as_record(one) for one in store.list_()], waiting, store.verify().head


@settings(max_examples=25, deadline=None)
@given(nights(), nights())
def test_a_night_put_in_twice_is_a_night_put_in_once(
    first: list[ScoredException], second: list[ScoredException]
) -> None:
    assert _queue(first, first, second, second) == _queue(first, second)


@settings(max_examples=25, deadline=None)
@given(nights())
def test_the_order_of_a_nights_exceptions_does_not_matter(night: list[ScoredException]) -> None:
    assert _queue(night) == _queue(list(reversed(night)))


@settings(max_examples=25, deadline=None)
@given(st.lists(nights(), min_size=1, max_size=4))
def test_the_queue_shows_exactly_what_the_last_night_found_and_people_decided(
    nights_: list[list[ScoredException]],
) -> None:
    records, _, _ = _queue(*nights_, decide=True)
    found = {one.external_id for one in nights_[-1]}
    shown = {record["external_id"]: record["state"] for record in records}
    assert found <= set(shown)
    assert all(state in LIVE or state in DECIDED for name, state in shown.items() if name in found)
    assert all(state not in LIVE for name, state in shown.items() if name not in found)


@settings(max_examples=50, deadline=None)
@given(MONEY, st.floats(0, 1), TEXT)
def test_what_goes_in_comes_out(money: Decimal, probability: float, title: str) -> None:
    with Store("sqlite://") as store:
        store.upsert([drawn(money_at_risk=money, probability=probability, title=title)], at=AT)
        seen = store.list_()[0]
    assert (seen.money_at_risk, seen.probability) == (money, pytest.approx(probability, abs=0))
    assert seen.title == plain(title)
