"""Statements: a sentence of the catalogue in two languages, typed facts in its slots, and who may read it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from leadline.kernel import facts, statements
from leadline.kernel.errors import IntegrityError
from leadline.kernel.facts import COST, NAMED, PERSON, Fact
from leadline.kernel.rendering import Quote, Renderer, fill, hidden_from, written
from leadline.kernel.statements import Statement, plain, say

ROOT = Path(statements.__file__).parents[2]
TIMES = facts.number(272.61, digits=1)
LEAVE = {"leave_id": facts.ident("LV1", about=PERSON)}

# A fact, how English writes it, how German does.
WRITTEN = [
    (facts.money("1234567.5", "EUR"), "1,234,567.50 EUR", "1.234.567,50 EUR"),
    (facts.money(Decimal("84.125"), "EUR"), "84.125 EUR", "84,125 EUR"),
    (facts.hours(Decimal("5.25")), "5.25 hours", "5,25 Stunden"),
    (facts.hours(1), "1 hour", "1 Stunde"),
    (facts.number(1), "1", "1"),
    (facts.number(1, "days"), "1 day", "1 Tag"),
    (facts.number(12000, "change_orders"), "12,000 change orders", "12.000 Änderungsaufträge"),
    (facts.number(0.6444, "FTE", digits=2), "0.64 FTE", "0,64 FTE"),
    (facts.percent(0.0575), "5.8%", "5,8 %"),
    (facts.percent(0.105), "10%", "10 %"),
    (facts.percent(1.8023), "180%", "180 %"),
    (facts.percent(0.997), "99.7%", "99,7 %"),
    (facts.percent(1), "100%", "100 %"),
    (facts.percent(0), "0%", "0 %"),
    (facts.change(1.279), "+128%", "+128 %"),
    (facts.change(-0.052), "-5.2%", "-5,2 %"),
    (facts.day("2026-07-03"), "2026-07-03", "2026-07-03"),
    (facts.day(datetime(2026, 7, 3, 23, tzinfo=UTC)), "2026-07-03", "2026-07-03"),
    (facts.month("2026-05-01"), "2026-05", "2026-05"),
    (facts.ident("CO-17"), "CO-17", "CO-17"),
    (facts.name("Acme 2000"), "Acme 2000", "Acme 2000"),
    (facts.term("missing_receipt"), "Missing receipt", "Fehlender Beleg"),
    (facts.term("not_in_the_catalogue"), "not in the catalogue", "not in the catalogue"),
    (facts.answer(True), "yes", "ja"),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "english", "german"), WRITTEN)
def test_each_kind_of_fact_is_written_in_its_way(fact: Fact, english: str, german: str) -> None:
    assert (written(fact, "en"), written(fact, "de")) == (english, german)


def test_a_figure_is_exact_until_it_is_written() -> None:
    assert facts.percent(0.057546).value == "0.057546"
    assert facts.money(Decimal("0.10"), "EUR").value == "0.10"
    assert facts.number(1e-7).value == "0.0000001"
    assert facts.number(272.6149, digits=1).value == "272.6"


@pytest.mark.parametrize(
    ("fact", "plain_value"),
    [
        (facts.money("96220.89", "USD"), "96220.89"),
        (facts.hours(Decimal("5.25")), 5.25),
        (facts.number(7), 7),
        (facts.percent(0.25), 0.25),
        (facts.answer(False), False),
        (facts.day("2026-07-03"), "2026-07-03"),
    ],
)
def test_a_record_has_a_fact_as_plain_json(fact: Fact, plain_value: object) -> None:
    assert fact.plain == plain_value


def test_what_is_said_is_refused_when_it_does_not_fit_its_template() -> None:
    assert say("invoice_dispute.size_previous", times=TIMES).facts == {"times": TIMES}
    for template, given in (
        ("invoice_dispute.size_previous", {}),
        ("invoice_dispute.size_previous", {"times": TIMES, "more": TIMES}),
        ("invoice_dispute.size_previous", {"time": TIMES}),
        ("invoice_dispute.nothing", {}),
    ):
        with pytest.raises(IntegrityError) as caught:
            say(template, **given)
        assert caught.value.where == template


def test_a_text_says_where_each_fact_is_and_where_it_comes_from() -> None:
    said = say("invoice_dispute.size_previous", times=TIMES).keyed("reasons[0].size")
    rendered = Renderer().render(said)
    assert rendered is not None
    assert rendered.text == "Its amount is 272.6 times the contract's last invoice."
    assert rendered.quotes == (Quote(14, "272.6", "reasons[0].size/times", "number"),)


def test_what_a_source_wrote_is_never_read_as_a_template() -> None:
    assert Renderer().text(plain("{0.__class__} {text}")) == "{0.__class__} {text}"
    assert fill("{a}{b}", {"a": facts.text("{b}"), "b": facts.text("x")}).text == "{b}x"


def test_a_statement_with_a_hidden_fact_is_left_out_or_said_without_it() -> None:
    expected = say("margin_erosion.expected", plan=facts.money("5.00", "EUR", about=COST))
    assert Renderer().text(expected) == "cost of 5.00 EUR at completion, as approved"
    assert Renderer(hidden=(COST,)).text(expected) is None
    assert Renderer(audience="account_manager").text(expected) is None
    on_leave = say("time_expense_anomaly.on_leave", **LEAVE)
    assert Renderer(hidden=(PERSON,)).text(on_leave) == "The person was on approved leave that day."
    assert "LV1" in str(Renderer(hidden=(COST, NAMED)).text(on_leave))


def test_who_has_a_permission_sees_what_it_is_for() -> None:
    assert hidden_from(()) == (COST, PERSON, NAMED)
    assert hidden_from({"see_cost_rates"}) == (PERSON, NAMED)
    assert hidden_from({"see_personal_data", "see_cost_rates"}) == ()


def test_other_words_are_said_in_english_alone() -> None:
    other = Statement(
        "invoice_dispute.size_previous", {"times": TIMES}, "It is {times} times as large as the last one."
    )
    assert Renderer().text(other) == "It is 272.6 times as large as the last one."
    assert Renderer("de").text(other) == "Ihr Betrag ist 272,6-mal der der letzten Rechnung des Vertrags."


def test_a_template_of_another_version_is_rendered_as_its_name_and_facts() -> None:
    assert Renderer().text(Statement("invoice_dispute.of_tomorrow", {"times": TIMES})) == "of tomorrow, times 272.6"


def test_a_statement_is_the_same_after_it_was_stored() -> None:
    for statement in (
        say("margin_erosion.expected", plan=facts.money("5.00", "EUR", about=COST)),
        Statement("invoice_dispute.size_previous", {"times": TIMES.by("x")}, "{times} times."),
        say("plain.text", text=facts.text("")),
    ):
        assert statements.from_values(statements.as_values(statement)) == statement
