"""Who may be held back, and that everybody falls the same way every night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from leadline.kernel.findings import ScoredException
from scoring.control import draw
from scoring.governance import Control
from tests.support.queue import drawn

HALF = Control("invoice_dispute", max_money=Decimal(500), currency="USD", share=0.5)
SMALL = [drawn(f"I{n}", money_at_risk=Decimal(500)) for n in range(2000)]


def halved(amount: Decimal, source: str, target: str) -> Decimal:
    return amount if source == target else amount / 2


@pytest.mark.parametrize(
    ("exception", "is_drawn"),
    [
        (drawn(money_at_risk=Decimal("500.00")), True),
        (drawn(money_at_risk=Decimal("500.01")), False),
        (drawn(money_at_risk=Decimal("1000.00"), currency="JPY"), True),
        (drawn(money_at_risk=Decimal("0.00")), False),
        (drawn(money_at_risk=Decimal("5.00"), is_random_slice=True, propensity=0.1), False),
    ],
    ids=["at the limit", "above it", "in another currency", "no money", "random slice"],
)
def test_only_little_money_is_drawn(exception: ScoredException, is_drawn: bool) -> None:
    assert bool(draw([exception], HALF, convert=halved)) == is_drawn


def test_nothing_is_drawn_where_the_firm_did_not_turn_it_on() -> None:
    assert draw(SMALL, None, convert=halved) == ()
    assert draw(SMALL, replace(HALF, share=0.0), convert=halved) == ()


def test_the_share_is_held_back_and_a_larger_share_holds_the_same_ones_and_more() -> None:
    few, many = held(SMALL, 0.1), held(SMALL, 0.5)
    assert [len(few) / len(SMALL), len(many) / len(SMALL)] == pytest.approx([0.1, 0.5], abs=0.03)
    assert few < many == held(SMALL[::-1], 0.5)


def held(exceptions: Sequence[ScoredException], share: float) -> set[str]:
    drawn = draw(exceptions, replace(HALF, share=share), convert=halved)
    return {one.exception.external_id for one in drawn if one.is_held}
