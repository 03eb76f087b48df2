"""What must hold of any narrative: no figure without its key, and none that is not what its key answers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.kernel.errors import IntegrityError
from leadline.kernel.findings import Finding, Reason, Record
from leadline.kernel.narratives import READERS, Fact, Sentence, Slot, faults_of, states, strays, tell, written
from leadline.kernel.scores import SCORES
from scoring.fact_record import MEANINGS
from scoring.quoting import quoted
from scoring.readers import check, narratives_of
from tests.support.findings import finding
from tests.support.narratives import record_of

TEXT = st.text("0123456789,.% -:/+abcPTE EURUSD⟦⟧@€½三", max_size=40)
VALUES = st.one_of(
    st.decimals(-(10**7), 10**7, places=2),
    st.integers(-5000, 5000),
    st.floats(allow_nan=True),
    st.dates().map(str),
    TEXT,
)
OBJECTS = {"revenue_leakage": "contract_line_period", "pipeline_capacity": "capacity_gap"}


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    """Any finding: figures in its texts that may or may not be facts, facts that may or may not be what they should."""
    score = draw(st.sampled_from(SCORES))
    names = draw(st.lists(st.sampled_from([*MEANINGS, "currency", "leaked_currency", "salary"]), max_size=12))
    kinds = st.sampled_from(["", "unbilled_time", "rate_below_contract", "none"])
    facts: dict[str, Any] = {name: draw(VALUES) for name in names}
    facts |= {"currency": "EUR", "leaked_currency": "EUR", "leakage_class": draw(kinds)}
    records = (
        Record("time_entry", "TE1"),
        Record("invoice_line", "IL-1", "amount", "9"),
        Record("person", "E7", "name"),
    )
    reasons = tuple(
        Reason(f"r{n}", draw(TEXT), draw(st.floats(-1, 1)), records) for n in range(draw(st.integers(0, 3)))
    )
    return finding(
        draw(st.sampled_from(["L1:2026-01:unbilled_time", "Analyst:Nordics:2026-07-06", "P1", "INV 7"])),
        score=score,
        object_type=OBJECTS.get(score, "project"),
        title=draw(TEXT),
        action=draw(TEXT),
        reasons=reasons,
        facts=facts,
        money=str(draw(st.decimals(0, 10**6, places=2))),
        chance=draw(st.floats(0, 1)),
        project_id=draw(st.sampled_from([None, "P1", "P 2"])),
        account_id=draw(st.sampled_from([None, "K1"])),
        person_id="E7",
    )


@settings(max_examples=80, deadline=None)
@given(one=findings())
def test_no_text_holds_a_figure_beside_its_quotes_and_each_quote_is_what_its_key_answers(one: Finding) -> None:
    record = record_of(one)
    narratives = narratives_of(record)
    for reader in READERS:
        told = tell(narratives.by_reader[reader], record)
        rest = told.text
        for quote in reversed(told.quotes):
            fact = record(quote.key)
            assert fact is not None
            assert quote.written == written(fact) or states(quote.written, fact)
            rest = rest[: quote.at] + " " + rest[quote.at + len(quote.written) :]
        assert strays(rest) == []
        assert not re.search(r"\d", rest)
        assert "salary" not in str([quote.key for quote in told.quotes])


FACTS = (
    Fact("facts.hours", "number", "12.5", "hours"),
    Fact("facts.amount", "money", "1234.56", "EUR"),
    Fact("facts.share", "percentage", "0.125"),
    Fact("facts.day", "date", "2026-07-06"),
    Fact("finding.object_id", "id", "CO-17"),
)
BACKED = "12.5 hours and 1,234.56 EUR, 12.5 % of it, by 2026-07-06 on CO-17"


def test_the_text_that_is_changed_below_is_backed_as_it_is() -> None:
    made = quoted(BACKED, FACTS)
    assert made is not None
    assert [slot.key for slot in made.slots] == [fact.key for fact in FACTS]


@settings(max_examples=120, deadline=None)
@given(place=st.sampled_from([at for at, letter in enumerate(BACKED) if letter.isdigit()]), digit=st.integers(0, 9))
def test_one_changed_digit_anywhere_and_the_text_is_not_backed(place: int, digit: int) -> None:
    changed = BACKED[:place] + str(digit) + BACKED[place + 1 :]
    assert (quoted(changed, FACTS) is None) == (changed != BACKED)


@pytest.mark.parametrize(
    "changed",
    [
        *("12.5 EUR", "1,234.56 hours", "1,234.56 USD", "1,234.56", "EUR 12.5", "12.5 % of 1,234.56", "12,500 hours"),
        *("12.5 hours less 3", "CO-18", "by 2026-07-07", "by 6 Jul 2027", "half of 50 %", "€ 12.5", "12½ hours"),
        *("12.5 hours of Quill Ferrant", "mail q@firm.example", "see http://x.example", "-12.5 hours", "十 hours"),
    ],
)
def test_another_unit_currency_sign_name_or_address_is_not_backed(changed: str) -> None:
    assert quoted(changed, FACTS) is None


@settings(max_examples=100, deadline=None)
@given(one=findings(), which=st.integers(0, 50), value=st.sampled_from(["1", "9.99 EUR", "2026-07-04", "P1", "1 %"]))
def test_a_sentence_whose_key_is_turned_is_refused_whole(one: Finding, which: int, value: str) -> None:
    record = record_of(one)
    sentences = [
        sentence for reader in READERS for sentence in narratives_of(record).by_reader[reader] if sentence.slots
    ]
    if not sentences:
        return
    sentence = sentences[which % len(sentences)]
    slot = sentence.slots[which % len(sentence.slots)]
    fact = record(slot.key)
    turned = [Slot("facts.salary"), Slot("record:person/E7/name")]
    if fact is not None and not states(value, fact) and value != fact.value:
        turned.append(Slot(slot.key, value))
    for wrong in turned:
        slots = tuple(wrong if each is slot else each for each in sentence.slots)
        assert faults_of(replace(sentence, slots=slots), record)
        with pytest.raises(IntegrityError):
            check({"controller": (replace(sentence, slots=slots),)}, record)


@pytest.mark.parametrize("text", ["⟦0⟧ and ⟦0⟧", "none", "⟦1⟧", "⟦0⟧ and 5", "⟦0⟧ per cent of ⟦1⟧", "⟦0⟧ USD", "⟦0⟧ ½"])
def test_a_slot_that_is_missing_repeated_or_has_a_neighbour_like_a_figure_is_refused(text: str) -> None:
    sentence = Sentence(text, (Slot("facts.hours"),))
    assert faults_of(sentence, {fact.key: fact for fact in FACTS}.get)


def test_money_is_told_to_the_cent_and_near_certainty_with_a_decimal() -> None:
    values = [
        ("money", "1234.5", "EUR"),
        ("percentage", "0.997", ""),
        ("percentage", "1", ""),
        ("number", "1", "weeks"),
    ]
    told = [written(Fact("k", kind, value, unit)) for kind, value, unit in values]
    assert told == ["1,234.50 EUR", "99.7 %", "100 %", "1 week"]
