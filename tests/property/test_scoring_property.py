"""What must hold for any findings: order of arrival means nothing, budgets hold, figures are facts."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.kernel.findings import Finding
from scoring.governance import Budget
from scoring.policy import choose
from tests.support.findings import AS_OF, finding

MONEY = st.decimals(0, 5000, places=2).map(str)
CHANCE = st.floats(0, 1)


@st.composite
def many_findings(draw: st.DrawFn) -> list[Finding]:
    keys = draw(st.lists(st.integers(0, 999), unique=True, max_size=40))
    return [
        finding(
            f"P{key:03d}",
            money=draw(MONEY),
            chance=draw(CHANCE),
            is_random_slice=draw(st.booleans()) and key < 20,
            is_priced=draw(st.booleans()),
        )
        for key in keys
    ]


BUDGETS = st.builds(
    Budget,
    score=st.just("margin_erosion"),
    max_items=st.integers(1, 25),
    review_cost=st.decimals(0, 100, places=2),
    random_share=st.sampled_from([0.0, 0.05, 0.5]),
)


def same(amount: Decimal, _source: str, _target: str) -> Decimal:
    return amount


@settings(max_examples=60, deadline=None)
@given(found=many_findings(), budget=BUDGETS, shuffle=st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order_of_arrival(found: list[Finding], budget: Budget, shuffle) -> None:  # type: ignore[no-untyped-def]
    other = list(found)
    shuffle.shuffle(other)
    assert choose(found, budget, convert=same, as_of=AS_OF) == choose(other, budget, convert=same, as_of=AS_OF)


@settings(max_examples=60, deadline=None)
@given(found=many_findings(), budget=BUDGETS)
def test_budget_ranks_and_propensities_hold(found: list[Finding], budget: Budget) -> None:
    chosen = choose(found, budget, convert=same, as_of=AS_OF)
    own = sum(one.is_random_slice for one in found)
    assert len(chosen) <= max(budget.max_items, own)
    assert [one.rank for one in chosen] == list(range(1, len(chosen) + 1))
    assert len({one.finding.object_id for one in chosen}) == len(chosen)
    assert all(0 < one.finding.propensity <= 1 for one in chosen)
    judged = [one for one in chosen if not one.finding.is_random_slice and one.finding.is_priced]
    assert all(one.expected_value > 0 for one in judged)
