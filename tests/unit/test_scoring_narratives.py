"""Every figure of a narrative is a fact of its finding."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from leadline.kernel.errors import IntegrityError
from leadline.kernel.findings import Band, Reason, Record
from scoring.narratives import left_out, narrate, require_backed, unbacked_figures
from tests.support.findings import finding

FACTS: dict[str, Any] = {
    "hours": 12.5,
    "amount": Decimal("1234.56"),
    "growth": 0.125,
    "due": "2026-07-06",
    "change": "CO-17",
}


def test_a_narrative_tells_title_expectation_stake_reasons_and_action() -> None:
    reasons = (Reason("late", "12.5 hours are late", weight=2.0), Reason("few", "nothing was billed", weight=1.0))
    one = finding(facts=FACTS, expected="1,234.56 USD billed", seen="nothing", reasons=reasons)
    assert narrate(one) == (
        "Project P1 is at risk. Expected: 1,234.56 USD billed. Seen: nothing. "
        "1,000.00 USD at risk, with a probability of 50%. "
        "Because: 12.5 hours are late. Because: nothing was billed. Proposed: Review the plan."
    )


@pytest.mark.parametrize(
    "text",
    [
        "12.5 hours",
        "about 13 hours",
        "1,234.56 USD",
        "1 234.56 USD",
        "1,235 USD",
        "12.5 % more",
        "by 2026-07-06",
        "by 6 Jul 2026",
        "by 06 Jul 2026",
        "in 2026-07",
        "change CO-17",
        "1,000.00 at 50%",
        "as of 2026-06-30",
        "no figure at all",
    ],
)
def test_a_figure_that_is_a_fact_at_its_own_precision_is_backed(text: str) -> None:
    assert unbacked_figures(text, finding(facts=FACTS)) == ()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("12.6 hours", "12.6"),
        ("1,234.57 USD", "1,234.57"),
        ("13.5 % more", "13.5"),
        ("by 2026-07-07", "2026-07-07"),
        ("change CO-18", "18"),
        ("3 people", "3"),
        ("invoice 2026-000135", "2026"),
    ],
)
def test_a_figure_that_is_no_fact_is_found(text: str, wrong: str) -> None:
    assert wrong in unbacked_figures(text, finding(facts=FACTS))


def test_an_invented_figure_is_refused_by_name() -> None:
    with pytest.raises(IntegrityError) as caught:
        require_backed("It will cost 99,999.00 USD.", finding(facts=FACTS))
    assert caught.value.found == "99,999.00"


def test_a_sentence_with_an_invented_figure_is_left_out_and_reported() -> None:
    one = finding(facts=FACTS, reasons=(Reason("a", "7 reasons speak for it"), Reason("b", "nothing was billed")))
    assert "7 reasons" not in narrate(one)
    assert left_out(one) == ("Because: 7 reasons speak for it.",)


def test_a_title_with_an_invented_figure_gives_way_to_the_objects_name() -> None:
    assert narrate(finding(title="About 7 projects")).startswith("Margin erosion of project P1.")


def test_a_band_is_told_with_its_level() -> None:
    one = finding(chance=None, band=Band(low=-1.5, middle=2, high=1300.25, unit="FTE"))
    assert "-1.5 to 1,300.25 FTE (middle 2), at a level of 80%." in narrate(one)


def test_near_certainty_is_not_rounded_to_certainty() -> None:
    assert "99.7%" in narrate(finding(chance=0.997))
    assert "0.3%" in narrate(finding(chance=0.003))


def test_keys_and_values_of_records_are_facts() -> None:
    record = Record("invoice_line", "D0001-004", "amount", "850.00")
    one = finding(reasons=(Reason("low", "line D0001-004 bills 850.00", records=(record,)),))
    assert left_out(one) == ()


def test_the_random_slice_says_so() -> None:
    assert "drawn at random" in narrate(finding(is_random_slice=True, propensity=0.05))
