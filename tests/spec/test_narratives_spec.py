"""Drawn findings and what each reader is told of them: the words, the order, and the key behind every figure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadline.kernel import facts
from leadline.kernel.compose import for_everyone
from leadline.kernel.findings import Band, Finding, Reason
from leadline.kernel.rendering import READERS, Renderer
from leadline.kernel.scores import SCORES
from leadline.kernel.statements import plain
from leadline.kernel.templates import templates
from scoring.reader_lines import DO, OTHER, WHY, lines_of, template_of
from scoring.readers import MOST_SENTENCES, MOST_WORDS
from tests.support.findings import finding
from tests.support.narratives import BENCH, DISPUTE, FOUND, LEAK, MARGIN, STAFFING, narrated, told

# Finding, reader, what is told.
TABLE = [
    (LEAK, "controller", "100.00 EUR of 2026-01 is not billed on contract line L1: approved time was never billed. "
     "Expected: 100.00 EUR; seen: 0.00 EUR. "
     "Put TE1, TE2 on the next invoice of L1, or mark them not billable with a reason. Due on 2026-07-03."),
    (LEAK, "project_manager", "Project Data platform: approved time was never billed, 2 records of 2026-01, "
     "the oldest due since 2026-03-07. Why: Time entry TE1 is approved and billable at the price RC1, "
     "and on no valid invoice (60.00 EUR). "
     "Release the entries for billing, or mark them not billable with a reason, by 2026-07-03."),
    (LEAK, "account_manager", "Client Harbor Mills can be billed 100.00 EUR more for 2026-01: "
     "approved time was never billed. Tell the client that late time comes with the next invoice, by 2026-07-03."),
    (DISPUTE, "controller", "1,250.29 USD is at risk on invoice INV-1 over 20,668.72 EUR, "
     "with a chance of 5.8% of a dispute. "
     "Expected: 6.9% of all invoices are disputed; seen: 10% of this client's. "
     "Why: Its amount is 272.6 times the contract's last invoice. "
     "Check invoice line IL-1, and correct the invoice where it is wrong, by 2026-07-03."),
    (DISPUTE, "account_manager", "Client Harbor Mills may contest invoice INV-1 over 20,668.72 EUR, due on 2026-07-23. "
     "The client disputes 10% of its invoices. Explain the amount to the client's approver. Due on 2026-07-03."),
    (MARGIN, "controller", "11,417.07 USD of margin is at risk on project Data platform, with a chance of 93%. "
     "Expected: a cost of 21,152.71 USD at completion; seen: 31,181.33 USD. "
     "Why: 33% of the approved cost is spent with 20% of the work done."),
    (MARGIN, "account_manager", "Client Harbor Mills: project Data platform may take more work than was agreed, "
     "with a chance of 93%. 11,417.07 USD is at stake. "
     "Prepare the client for a change order or a smaller scope by 2026-07-03."),
    (STAFFING, "project_manager", "Project Data platform needs the role Architect from 2026-07-15, 20 hours a week. "
     "Why: E7 has 94% of the hours free over the request's weeks. "
     "Propose E7 (alternatives E8). Due on 2026-07-03."),
    (STAFFING, "account_manager", "Client Harbor Mills waits for the role Architect from 2026-07-15; "
     "no one is confirmed. "
     "Tell the client who comes, or agree a later start, by 2026-07-03."),
    (BENCH, "controller",
     "34,737.30 USD is what redeploying the bench of Analyst in Nordics from 2026-07-06 could save. "
     "Expected: 0.64 FTE free for clients; seen: work for 0.01 FTE."),
    (BENCH, "account_manager", "The role Analyst in Nordics will be free from 2026-07-06 for 12 weeks. "
     "Ask the clients whether work can start sooner, by 2026-07-03."),
]  # fmt: skip


@pytest.mark.parametrize(("found", "reader", "text"), TABLE)
def test_each_reader_is_told_what_is_theirs_to_do(found: Finding, reader: str, text: str) -> None:
    assert told(found, reader).text == text


def test_the_same_is_told_in_german() -> None:
    assert told(DISPUTE, "controller", language="de").text == (
        "Bei der Rechnung INV-1 über 20.668,72 EUR stehen 1.250,29 USD auf dem Spiel; "
        "Wahrscheinlichkeit eines Streitfalls: 5,8 %. "
        "Erwartet: 6,9 % aller Rechnungen werden bestritten; gefunden: 10 % bei diesem Kunden. "
        "Grund: Ihr Betrag ist 272,6-mal der der letzten Rechnung des Vertrags. "
        "Rechnungsposition IL-1 prüfen und die Rechnung, wo sie falsch ist, bis 2026-07-03 berichtigen."
    )


@pytest.mark.parametrize("found", FOUND)
@pytest.mark.parametrize("reader", READERS)
def test_a_narrative_is_short_and_each_quote_is_where_it_says(found: Finding, reader: str) -> None:
    one = told(found, reader)
    assert len(narrated(found).by_reader[reader]) <= MOST_SENTENCES
    assert len(one.text.split()) <= MOST_WORDS
    assert one.quotes
    assert [one.text[quote.at : quote.at + len(quote.written)] for quote in one.quotes] == [
        quote.written for quote in one.quotes
    ]


def test_every_quote_carries_the_key_it_came_from() -> None:
    one = told(DISPUTE, "controller")
    assert [(quote.written, quote.key, quote.kind) for quote in one.quotes] == [
        ("1,250.29 USD", "finding.money_at_risk", "money"),
        ("INV-1", "finding.object_id", "id"),
        ("20,668.72 EUR", "facts.amount", "money"),
        ("5.8%", "finding.probability", "percentage"),
        ("6.9%", "facts.firm_dispute_rate", "percentage"),
        ("10%", "facts.client_dispute_rate", "percentage"),
        ("272.6", "reasons[0].size/times", "number"),
        ("invoice line", "record:invoice_line/IL-1", "term"),
        ("IL-1", "record:invoice_line/IL-1", "id"),
        ("2026-07-03", "queue.due_at", "date"),
    ]


def test_a_record_that_the_warehouse_does_not_have_is_not_one_to_check() -> None:
    text = told(DISPUTE, "controller", {"account": [{"account_id": "K1", "name": "Harbor Mills"}]}).text
    assert "Check invoice line" not in text
    assert text.endswith("times the contract's last invoice.")


def test_what_is_not_known_leaves_its_sentence_out() -> None:
    bare = finding("INV-1", score="invoice_dispute", object_type="invoice", action="Look at it.")
    assert told(bare, "account_manager", {}).text == "Look at it. Due on 2026-07-03."


def test_an_account_manager_is_told_neither_cost_nor_person() -> None:
    for found in FOUND:
        lines = narrated(found).by_reader["account_manager"]
        assert {fact.about for line in lines for one in line for fact in one.facts.values()} == {""}
    one = told(MARGIN, "account_manager").text
    assert [figure for figure in ("21,152", "31,181", "E7") if figure in one] == []


def test_every_line_of_every_reader_is_in_the_catalogue() -> None:
    kinds = [name.removeprefix("revenue_leakage.proof_") for name in templates() if ".proof_" in name]
    leaks = [("revenue_leakage", {"leakage_class": facts.term(kind)}) for kind in kinds]
    gaps = [
        ("pipeline_capacity", {"direction": facts.term("bench")}),
        ("pipeline_capacity", {"series": facts.name("x")}),
    ]
    plain_ones = [(score, {}) for score in SCORES]
    sets = [(score, lines_of(score, stated)) for score, stated in (*plain_ones, *leaks, *gaps)] + [("", OTHER)]
    assert len(kinds) == 8
    for score, lines in sets:
        assert set(lines) == set(READERS)
        wordings = [wording for each in lines.values() for line in each for wording in line]
        missing = [one for one in wordings if one not in (WHY, DO) and template_of(score, one) not in templates()]
        assert missing == []


def test_everyone_is_told_what_it_is_what_is_at_stake_why_and_what_to_do() -> None:
    reasons = (Reason("few", plain("Nothing was billed."), 1.0), Reason("late", plain("Hours are late"), -2.0))
    one = finding(expected="a bill", seen="nothing", reasons=reasons)
    assert for_everyone(one, Renderer()).text == (
        "Project P1 is at risk. Expected: a bill. Seen: nothing. "
        "1,000.00 USD at risk, with a probability of 50%. "
        "Why: Hours are late. Why: Nothing was billed. Proposed: Review the plan."
    )


def test_a_band_is_told_with_its_level_and_chance_draws_say_so() -> None:
    one = finding(chance=0.62, band=Band(low=-1.5, middle=2, high=1300.25, unit="FTE"), is_random_slice=True)
    text = for_everyone(one, Renderer()).text
    assert "with a probability of 62%; the size is between -1.5 FTE and 1,300.25 FTE (80%), middle 2 FTE." in text
    assert "It was drawn at random" in text


@pytest.mark.parametrize(("chance", "written"), [(0.997, "99.7%"), (0.003, "0.3%"), (0.5, "50%")])
def test_near_certainty_is_not_rounded_to_certainty(chance: float, written: str) -> None:
    assert f"with a probability of {written}." in for_everyone(finding(chance=chance), Renderer()).text


def test_who_may_not_see_costs_is_told_the_rest() -> None:
    text = for_everyone(MARGIN, Renderer(hidden=("cost",))).text
    assert "21,152" not in text
    assert "Expected" not in text
    assert "Data platform may end five points or more under its approved margin." in text


def test_a_title_that_may_not_be_seen_gives_way_to_score_and_object() -> None:
    secret = replace(MARGIN, title=plain("Work of Quill", about=facts.NAMED))
    assert for_everyone(secret, Renderer(hidden=("named",))).text.startswith("Margin erosion: project P1.")
    assert for_everyone(secret, Renderer()).text.startswith("Work of Quill.")


def test_the_same_finding_gives_the_same_narratives() -> None:
    assert narrated(LEAK) == narrated(LEAK)
