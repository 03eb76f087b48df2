"""The queue's figures, on decisions small enough to count by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from leadline.queue.decisions import Verdict
from leadline.queue.measures import Measures
from leadline.queue.store import Store
from tests.support.queue import AS_OF, AT, banded, drawn

TRUE, WRONG = (
    Verdict("confirmed", "billed", "ana", value_recovered=Decimal(100)),
    Verdict("dismissed", "not_true", "ana"),
)
AGREED = Verdict("dismissed", "agreed_exception", "ana")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as opened:
        yield opened


def _figures(store: Store, score: str = "invoice_dispute") -> Measures:
    return {one.score: one for one in store.measures(at=AT)}[score]


def test_a_queue_without_decisions_tells_what_waits_and_nothing_else(store: Store) -> None:
    store.upsert([drawn(), drawn("INV-2", scored={"due_at": AT - timedelta(hours=1)}), banded()], at=AT)
    age = (AT - AS_OF).total_seconds() / 86400
    assert _figures(store) == Measures("invoice_dispute", waiting=2, overdue=1, age_days=pytest.approx(age))
    assert _figures(store, "margin_erosion").waiting == 1


def test_precision_leaves_the_random_slice_out_and_the_slice_is_weighed(store: Store) -> None:
    ranked = [drawn(f"INV-{number}") for number in range(4)]
    chance = [
        drawn(f"INV-{10 + number}", is_random_slice=True, propensity=propensity)
        for number, propensity in enumerate((0.5, 0.25))
    ]
    store.upsert([*ranked, *chance], at=AT)
    for one, said in zip([*ranked, *chance], [TRUE, TRUE, WRONG, AGREED, TRUE, WRONG], strict=True):
        store.decide(one.external_id, said, at=AT)
    found = _figures(store)
    assert (found.decided, found.slice_decided) == (6, 2)
    assert (found.precision, found.on_true_cases) == (0.5, 0.5)
    assert found.slice_rate == pytest.approx(2 / (2 + 4))
    assert found.lift == pytest.approx(0.5 / (2 / 6))
    assert found.override_rate == pytest.approx(2 / 6)
    assert found.recovered == {"USD": Decimal("300.00")}
    # Wilson's interval of 2 in 4 at 95%: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)
    assert (found.precision_low, found.precision_high) == (pytest.approx(0.15003899), pytest.approx(0.84996101))


def test_only_the_last_word_on_an_exception_counts(store: Store) -> None:
    store.upsert([drawn(), drawn("INV-2")], at=AT)
    store.decide(drawn().external_id, TRUE, at=AT)
    store.undo(drawn().external_id, by="ana", at=AT)
    store.decide(drawn("INV-2").external_id, WRONG, at=AT)
    store.decide(drawn("INV-2").external_id, Verdict("re_opened", "mistake", "ana"), at=AT)
    store.decide(drawn("INV-2").external_id, TRUE, at=AT)
    found = _figures(store)
    assert (found.decided, found.precision, found.recovered) == (1, 1.0, {"USD": Decimal("100.00")})


def test_a_snooze_is_no_decision(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    store.decide(drawn().external_id, Verdict("snoozed", "not_now", "ana"), at=AT)
    assert (_figures(store).decided, _figures(store).waiting) == (0, 0)


def test_time_counts_from_when_it_was_first_found(store: Store) -> None:
    store.upsert([drawn(), drawn("INV-2")], at=AT)
    store.decide(drawn().external_id, TRUE, at=AS_OF + timedelta(hours=10))
    store.decide(drawn("INV-2").external_id, TRUE, at=drawn().due_at + timedelta(seconds=1))
    found = _figures(store)
    assert found.in_time == 0.5
    assert found.hours_to_decision == pytest.approx((10 + 120 + 1 / 3600) / 2)


def test_a_slice_that_confirmed_nothing_gives_no_lift(store: Store) -> None:
    chance = drawn("INV-2", is_random_slice=True, propensity=0.5)
    store.upsert([drawn(), chance], at=AT)
    store.decide(drawn().external_id, TRUE, at=AT)
    store.decide(chance.external_id, WRONG, at=AT)
    assert (_figures(store).slice_rate, _figures(store).lift) == (0.0, None)
