"""Each unit of money counts once: what others claim of an exception's money, and sums over any part of the queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.app.claim_commands import claim_rows
from leadline.delivery.digest import _section
from leadline.kernel.findings import ScoredException
from leadline.kernel.stakes import Claim, Stake, Staked, claims_of, gap, overrun
from leadline.queue.claims import own_money
from leadline.queue.executive import executive_digest
from leadline.queue.records import as_record
from leadline.queue.states import WAITING
from leadline.queue.store import Store, Wanted
from leadline.queue.worklist import RowScope, Sought
from tests.support.queue import AT, drawn

EVERYTHING, WAITS = RowScope(), Sought(states=WAITING)


def staked(name: str, *stakes: Stake, chance: float | None = 0.5, currency: str = "USD") -> Staked:
    return Staked(name, currency, chance, stakes)


def part(money: str, key: str = "K") -> Stake:
    return Stake(key, Decimal(money))


def whole(money: str, key: str = "K") -> Stake:
    return Stake(key, Decimal(money), is_whole=True)


def test_a_part_claims_its_money_of_the_whole_with_the_chance_of_the_whole() -> None:
    found = claims_of([staked("scope", part("300"), chance=0.9), staked("margin", whole("1000"), chance=0.25)])
    assert found == {"margin": (Claim("scope", Decimal(300), Decimal("75.00")),)}


def test_parts_never_claim_more_than_the_whole_the_largest_first() -> None:
    found = claims_of([staked("a", part("400")), staked("b", part("800")), staked("w", whole("1000"))])
    assert [(one.claimed_by, one.money) for one in found["w"]] == [("a", Decimal(200)), ("b", Decimal(800))]


def test_other_keys_and_other_currencies_claim_nothing() -> None:
    other = staked("b", part("5"), currency="EUR")
    assert claims_of([staked("a", part("5", "L")), other, staked("w", whole("9")), staked("c", part("3", "M"))]) == {}


AMOUNTS = st.decimals(0, 1000, places=2)
STAKES = st.lists(st.builds(Stake, st.sampled_from("KLM"), AMOUNTS, st.booleans()), max_size=4)


@settings(max_examples=80, deadline=None)
@given(drawn_stakes=st.lists(STAKES, max_size=8), shuffle=st.randoms(use_true_random=False))
def test_claims_stay_within_the_whole_and_do_not_depend_on_the_order(drawn_stakes: Any, shuffle: Any) -> None:
    ones = [staked(f"E{n}", *stakes) for n, stakes in enumerate(drawn_stakes)]
    found = claims_of(ones)
    for one in ones:
        claimed = sum((claim.money for claim in found.get(one.external_id, ())), Decimal(0))
        assert claimed <= sum((stake.money for stake in one.stakes if stake.is_whole), Decimal(0))
    shuffle.shuffle(ones)
    assert claims_of(ones) == found


def exception(score: str, object_id: str, money: str, *stakes: Stake, **given: Any) -> ScoredException:
    """An exception with a probability of a half, whose review costs ten."""
    worth = {"expected_value": Decimal(money) / 2 - 10}
    fields = {"money_at_risk": Decimal(money), "probability": 0.5, "currency": "USD", "stakes": stakes}
    return drawn(object_id, score=score, scored=worth, **(fields | given))


MARGIN = exception("margin_erosion", "P1", "1000.00", Stake(overrun("P1"), Decimal(1000), is_whole=True))
SCOPE = exception("revenue_leakage", "L1:2026-06:unpriced_scope", "300.00", Stake(overrun("P1"), Decimal(300)))
OTHER = exception("invoice_dispute", "INV-1", "50.00")


@pytest.fixture
def store() -> Iterator[Store]:
    with Store("sqlite://") as opened:
        opened.upsert([MARGIN, SCOPE, OTHER], at=AT)
        yield opened


def test_the_list_adds_up_what_two_exceptions_state_once_and_only_where_both_are_listed(store: Store) -> None:
    (sum_,) = store.worklist.sums(EVERYTHING, WAITS)
    assert (sum_.exceptions, sum_.money_at_risk) == (3, Decimal("1050.00"))
    assert sum_.expected_value == Decimal(490) + Decimal(140) + Decimal(15) - Decimal(150)
    alone = {score: store.worklist.sums(EVERYTHING, Sought(scores=(score,)))[0] for score in ("margin_erosion",)}
    assert alone["margin_erosion"].money_at_risk == Decimal("1000.00")
    found = store.worklist.sums(EVERYTHING, Sought(states=WAITING, text="P1"))
    assert found[0].money_at_risk == Decimal("1000.00")


def test_the_overview_has_shared_money_in_the_row_that_claims_it(store: Store) -> None:
    rows = {one.score: one for one in store.worklist.totals(EVERYTHING, legal_entity=None, at=AT)}
    assert {name: row.money_at_risk for name, row in rows.items()} == {
        "invoice_dispute": Decimal(50),
        "margin_erosion": Decimal(700),
        "revenue_leakage": Decimal(300),
    }
    assert rows["margin_erosion"].expected_value == Decimal(490 - 150)


def test_digest_and_mail_count_it_once(store: Store) -> None:
    waiting = store.list_(Wanted(states=WAITING))
    assert "Waiting are 3 exceptions with 1,050.00 USD at risk." in executive_digest(waiting, at=AT).text
    assert _section(waiting)["money"] == {"USD": "1050.00"}
    assert own_money([one for one in waiting if one.score != "revenue_leakage"]) == {"USD": Decimal("1050.00")}


def test_the_record_names_who_claims_its_money(store: Store) -> None:
    records = {one.score: as_record(one) for one in store.list_()}
    assert records["margin_erosion"]["claimed_by"] == [
        {"external_id": SCOPE.external_id, "money": 300.0, "expected_loss": 150.0}
    ]
    assert records["revenue_leakage"]["claimed_by"] == []


def test_the_claim_table_has_a_row_for_each_pair(store: Store) -> None:
    (row,) = claim_rows(store.list_())
    assert row == {
        "external_id": MARGIN.external_id,
        "score": "margin_erosion",
        "object_id": "P1",
        "claimed_by": SCOPE.external_id,
        "claimed_by_score": "revenue_leakage",
        "claimed_by_object_id": "L1:2026-06:unpriced_scope",
        "money": 300.0,
        "expected_loss": 150.0,
        "currency": "USD",
    }


def test_a_part_that_is_found_later_or_goes_changes_what_is_claimed_without_a_new_version(store: Store) -> None:
    def margin() -> Any:
        return next(one for one in store.list_() if one.score == "margin_erosion")

    before = margin()
    store.upsert([], scored={"revenue_leakage": MARGIN.finding.as_of}, at=AT + timedelta(days=1))
    assert (margin().claimed_by, margin().version) == ((), before.version)
    larger = exception("revenue_leakage", "L1:2026-07:unpriced_scope", "2000.00", Stake(overrun("P1"), Decimal(2000)))
    store.upsert([larger], at=AT + timedelta(days=2))
    assert [claim.money for claim in margin().claimed_by] == [Decimal(1000)]
    (sum_,) = store.worklist.sums(EVERYTHING, WAITS)
    assert sum_.money_at_risk == Decimal(2050)


def test_gaps_are_named_by_role_region_and_week_and_work_from_anywhere_is_one_region() -> None:
    assert gap("Analyst", None, AT.date()) == f"gap/Analyst/all/{AT.date().isoformat()}"
