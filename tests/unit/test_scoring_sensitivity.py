"""What looking at fewer or more would be worth, on findings that can be counted by hand."""

from __future__ import annotations

from decimal import Decimal

from scoring.governance import Budget
from scoring.sensitivity import Choice, choices
from tests.support.findings import finding

BUDGET = Budget("margin_erosion", max_items=4, review_cost=Decimal(50))


def same(amount: Decimal, _source: str, _target: str) -> Decimal:
    return amount


def _choices(*money: str) -> list[Choice]:
    return choices([finding(f"P{n}", money=one, chance=0.5) for n, one in enumerate(money)], BUDGET, same)


def test_each_choice_tells_what_the_top_ones_save_net_of_their_reviews() -> None:
    # by expectation 950, 450, 350, 150, 50 and 0 after a review of 50 each
    found = _choices("200.00", "2000.00", "1000.00", "800.00", "400.00", "100.00")
    assert [(one.budget_share, one.items, one.expected_value, one.last_value) for one in found] == [
        (0.25, 1, Decimal(950), Decimal(950)),
        (0.5, 2, Decimal(1400), Decimal(450)),
        (1.0, 4, Decimal(1900), Decimal(150)),
        (2.0, 5, Decimal(1950), Decimal(50)),
        (None, 5, Decimal(1950), Decimal(50)),
    ]
    assert [round(one.captured or 0, 4) for one in found] == [0.4872, 0.7179, 0.9744, 1.0, 1.0]


def test_where_nothing_repays_its_review_there_is_nothing_to_capture() -> None:
    assert {(one.items, one.expected_value, one.captured) for one in _choices("99.00")} == {(0, Decimal(0), None)}


def test_findings_of_several_currencies_are_compared_in_the_budgets() -> None:
    def doubled(amount: Decimal, source: str, target: str) -> Decimal:
        return amount * 2 if (source, target) == ("EUR", "USD") else amount

    found = choices([finding("A", money="1000.00", chance=0.5, currency="EUR")], BUDGET, doubled)
    assert found[-1].expected_value == Decimal(950)
