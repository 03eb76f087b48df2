"""Drawn findings and what each reader is told of them: the words, the order, and the key behind every figure."""

from __future__ import annotations

import pytest

from leadline.kernel.findings import Finding
from leadline.kernel.narratives import READERS, tell
from scoring.reader_texts import LEAKS, OTHER, leak_texts, texts_of
from scoring.readers import MOST_SENTENCES, MOST_WORDS, narratives_of
from tests.support.findings import finding
from tests.support.narratives import BENCH, DISPUTE, LEAK, MARGIN, STAFFING, record_of, told

# Finding, reader, what is told.
TABLE = [
    (LEAK, "controller", "100.00 EUR of 2026-01 is not billed on contract line L1: approved time was never billed. "
     "Expected: 100.00 EUR; seen: 0.00 EUR. "
     "Put TE1, TE2 on the next invoice of L1, or mark them not billable with a reason, due 2026-07-03."),
    (LEAK, "project_manager", "Project Data platform: approved time was never billed, 2 records of 2026-01, "
     "the oldest due since 2026-03-07. Why: time entry TE2 is on no valid invoice. "
     "Release the entries for billing, or mark them not billable with a reason, by 2026-07-03."),
    (LEAK, "account_manager", "Client Harbor Mills can be billed 100.00 EUR more for 2026-01: "
     "approved time was never billed. Tell the client that late time comes with the next invoice, by 2026-07-03."),
    (DISPUTE, "controller", "1,250.29 USD is at risk on invoice INV-1 over 20,668.72 EUR, "
     "with a chance of 5.8 % of a dispute. "
     "Expected: 6.9 % of all invoices are disputed; seen: 10 % of this client's. Why: Line IL-1 bills 850.00 EUR. "
     "Check invoice line IL-1, and correct the invoice where it is wrong, by 2026-07-03."),
    (DISPUTE, "project_manager", "Project Data platform: invoice INV-1 may be disputed, with a chance of 5.8 %. "
     "Why: Line IL-1 bills 850.00 EUR. Confirm to billing what was done and agreed, by 2026-07-03."),
    (DISPUTE, "account_manager", "Client Harbor Mills may contest invoice INV-1 over 20,668.72 EUR, due on 2026-07-23. "
     "The client disputes 10 % of its invoices. Explain the amount to the client's approver, due 2026-07-03."),
    (MARGIN, "controller", "11,417.07 USD of margin is at risk on project Data platform, with a chance of 93 %. "
     "Expected: a cost of 21,152.71 USD at completion; seen: 31,181.33 USD. "
     "Why: 33% of the approved cost is spent with 20% of the work done."),
    (MARGIN, "project_manager", "Project Data platform may end under its approved margin, with a chance of 93 %. "
     "Why: 33% of the approved cost is spent with 20% of the work done. "
     "Review estimate and staffing with the manager, due 2026-07-03."),
    (MARGIN, "account_manager", "Client Harbor Mills: project Data platform may take more work than was agreed, "
     "with a chance of 93 %. 11,417.07 USD is at stake. "
     "Prepare the client for a change order or a smaller scope by 2026-07-03."),
    (STAFFING, "project_manager", "Project Data platform needs the role Architect from 2026-07-15, 20 hours a week. "
     "Why: E7 has 94% of the hours free. Propose E7 (alternatives E8), due 2026-07-03."),
    (STAFFING, "account_manager", "Client Harbor Mills waits for the role Architect from 2026-07-15; "
     "nobody is confirmed. 8,306.81 USD depends on it. "
     "Tell the client who comes, or agree a later start, by 2026-07-03."),
    (BENCH, "controller", "34,737.30 USD stands behind a bench of Analyst in Nordics from 2026-07-06. "
     "Expected: 0.64 FTE free for clients; seen: work for 0.01 FTE."),
    (BENCH, "account_manager", "The role Analyst in Nordics will be free from 2026-07-06 for 12 weeks. "
     "Ask the clients whether work can start sooner, by 2026-07-03."),
]  # fmt: skip


@pytest.mark.parametrize(("found", "reader", "text"), TABLE)
def test_each_reader_is_told_what_is_theirs_to_do(found: Finding, reader: str, text: str) -> None:
    assert told(record_of(found), reader).text == text


@pytest.mark.parametrize("found", [LEAK, DISPUTE, MARGIN, STAFFING, BENCH])
@pytest.mark.parametrize("reader", READERS)
def test_a_narrative_is_short_and_each_quote_stands_where_it_says(found: Finding, reader: str) -> None:
    record = record_of(found)
    one = told(record, reader)
    assert len(narratives_of(record).by_reader[reader]) <= MOST_SENTENCES
    assert len(one.text.split()) <= MOST_WORDS
    assert one.quotes
    assert [one.text[quote.at : quote.at + len(quote.written)] for quote in one.quotes] == [
        quote.written for quote in one.quotes
    ]


def test_every_quote_carries_the_key_it_came_from() -> None:
    one = told(record_of(DISPUTE), "controller")
    assert [(quote.written, quote.key, quote.kind) for quote in one.quotes] == [
        ("1,250.29 USD", "finding.money_at_risk", "money"),
        ("INV-1", "finding.object_id", "id"),
        ("20,668.72 EUR", "facts.amount", "money"),
        ("5.8 %", "finding.probability", "percentage"),
        ("6.9 %", "facts.firm_dispute_rate", "percentage"),
        ("10 %", "facts.client_dispute_rate", "percentage"),
        ("IL-1", "record:invoice_line/IL-1", "id"),
        ("850.00 EUR", "record:invoice_line/IL-1/amount", "money"),
        ("IL-1", "record:invoice_line/IL-1", "id"),
        ("2026-07-03", "queue.due_at", "date"),
    ]


def test_a_record_that_the_warehouse_does_not_have_is_not_told() -> None:
    record = record_of(LEAK, {"account": [{"account_id": "K1", "name": "Harbor Mills"}]})
    texts = [told(record, reader).text for reader in READERS]
    assert not [text for text in texts if "TE1" in text or "TE2" in text]
    assert texts[0].endswith("Expected: 100.00 EUR; seen: 0.00 EUR.")


def test_what_is_not_known_leaves_its_sentence_out() -> None:
    bare = finding("INV-1", score="invoice_dispute", object_type="invoice", action="Look at it.")
    assert told(record_of(bare, {}), "account_manager").text == "Look at it, due 2026-07-03."


def test_an_account_manager_is_told_neither_cost_nor_person() -> None:
    for found in (LEAK, DISPUTE, MARGIN, STAFFING, BENCH):
        narratives = narratives_of(record_of(found))
        about = {fact.key: fact.about for fact in narratives.facts}
        quoted = {slot.key for one in narratives.by_reader["account_manager"] for slot in one.slots}
        assert {about[key] for key in quoted} == {""}
    one = told(record_of(MARGIN), "account_manager").text
    assert [figure for figure in ("21,152", "31,181", "E7") if figure in one] == []


def test_no_wording_holds_a_figure_of_its_own() -> None:
    scores = ("invoice_dispute", "margin_erosion", "time_expense_anomaly", "staffing_match", "pipeline_capacity")
    texts = [texts_of(score, {}) for score in scores] + [leak_texts(kind) for kind in LEAKS] + [OTHER]
    texts += [texts_of("revenue_leakage", {}), texts_of("pipeline_capacity", {"direction": "bench"})]
    texts += [texts_of("pipeline_capacity", {"series": "x"})]
    wordings = [wording for each in texts for lines in each.values() for line in lines for wording in line]
    assert [wording for wording in wordings if any(letter.isdigit() for letter in wording)] == []
    assert all(set(each) == set(READERS) for each in texts)


def test_the_same_finding_gives_the_same_narratives() -> None:
    assert narratives_of(record_of(LEAK)) == narratives_of(record_of(LEAK))
    first = narratives_of(record_of(LEAK))
    answers = {fact.key: fact for fact in first.facts}
    assert tell(first.by_reader["controller"], answers.get) == told(record_of(LEAK), "controller")
