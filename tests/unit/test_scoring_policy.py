"""Which findings are worth a person's time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from scoring.governance import Budget
from scoring.policy import Chosen, choose, expected_value, external_id
from tests.support.findings import AS_OF, finding


def same(amount: Decimal, _source: str, _target: str) -> Decimal:
    return amount


def budget(items: int = 10, cost: str = "30", share: float = 0.0) -> Budget:
    return Budget("margin_erosion", max_items=items, review_cost=Decimal(cost), random_share=share)


def ids(chosen: list[Chosen]) -> list[str]:
    return [one.finding.object_id for one in chosen]


def test_expected_value_is_probability_times_money_less_the_review() -> None:
    assert expected_value(finding(money="1000.00", chance=0.25), review_cost=Decimal(30)) == Decimal("220.00")


def test_half_a_cent_is_rounded_up() -> None:
    one = finding(money="0.05", chance=0.5)  # 0.025
    assert one.expected_loss == Decimal("0.03")
    assert expected_value(one, review_cost=Decimal(0)) == Decimal("0.03")


def test_the_highest_values_come_first_and_equal_ones_by_object() -> None:
    found = [finding("B"), finding("C", money="9000.00"), finding("A")]
    chosen = choose(found, budget(), convert=same, as_of=AS_OF)
    assert ids(chosen) == ["C", "A", "B"]
    assert [one.rank for one in chosen] == [1, 2, 3]


def test_what_does_not_repay_its_review_is_not_shown() -> None:
    found = [finding("A", money="59.99"), finding("B", money="60.10")]
    assert ids(choose(found, budget(), convert=same, as_of=AS_OF)) == ["B"]


def test_a_harm_without_a_price_is_shown_behind_the_others() -> None:
    unpriced = finding("A", money="0", is_priced=False)
    assert ids(choose([unpriced, finding("B")], budget(), convert=same, as_of=AS_OF)) == ["B", "A"]


def test_what_is_known_to_cost_nothing_is_not_shown() -> None:
    assert ids(choose([finding("A", money="0"), finding("B")], budget(), convert=same, as_of=AS_OF)) == ["B"]


def test_the_review_cost_is_compared_in_the_findings_currency() -> None:
    def expensive(amount: Decimal, _source: str, _target: str) -> Decimal:
        return amount * 150

    assert choose([finding("A", money="1000.00")], budget(), convert=expensive, as_of=AS_OF) == []


def test_no_more_than_the_budget_is_shown() -> None:
    found = [finding(f"P{n}", money=f"{1000 + n}.00") for n in range(20)]
    assert ids(choose(found, budget(items=3), convert=same, as_of=AS_OF)) == ["P19", "P18", "P17"]


def test_a_share_of_the_budget_is_drawn_at_random_with_its_propensity() -> None:
    found = [finding(f"P{n:02d}", money=f"{1000 + n}.00") for n in range(30)]
    chosen = choose(found, budget(items=10, share=0.2), convert=same, as_of=AS_OF)
    drawn = [one for one in chosen if one.finding.is_random_slice]
    assert len(chosen) == 10
    assert len(drawn) == 2
    assert {one.finding.propensity for one in drawn} == {round(2 / 22, 6)}
    assert [one.rank for one in drawn] == [9, 10]


def test_nothing_is_drawn_where_everything_is_shown() -> None:
    chosen = choose([finding("A"), finding("B")], budget(share=0.5), convert=same, as_of=AS_OF)
    assert [one.finding.is_random_slice for one in chosen] == [False, False]


def test_the_random_slice_reaches_what_does_not_repay_its_review() -> None:
    chosen = choose([finding("A"), finding("B", money="1.00")], budget(share=0.1), convert=same, as_of=AS_OF)
    assert [(one.finding.object_id, one.finding.is_random_slice) for one in chosen] == [("A", False), ("B", True)]


def test_another_day_draws_others() -> None:
    found = [finding(f"P{n:03d}", money="1.00") for n in range(200)]
    days = [AS_OF + timedelta(days=n) for n in range(6)]
    drawn = {tuple(ids(choose(found, budget(share=0.1), convert=same, as_of=day))) for day in days}
    assert len(drawn) > 1


def test_what_the_risk_model_drew_itself_is_kept_and_takes_the_slots() -> None:
    own = replace(finding("R", money="1.00"), is_random_slice=True, propensity=0.04)
    found = [own, *(finding(f"P{n}") for n in range(20))]
    drawn = [one.finding for one in choose(found, budget(items=10, share=0.1), convert=same, as_of=AS_OF)][-1:]
    assert drawn == [own]


def test_the_external_id_names_the_object_not_the_night() -> None:
    tonight, later = finding("A"), finding("A", as_of=AS_OF + timedelta(days=9), money="7.00")
    assert external_id(tonight) == external_id(later) == "fc134457be4a3bf4"
    assert external_id(tonight) != external_id(finding("A", object_type="invoice"))
