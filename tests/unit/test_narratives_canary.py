"""Canaries: personal data planted wherever a narrative could take it from, and found in none of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from leadline.kernel.findings import Finding, Reason, Record
from leadline.kernel.narratives import READERS, as_values
from leadline.kernel.scores import SCORES
from models import revenue_leakage
from scoring.batch import score
from scoring.evidence import read_evidence
from scoring.narratives import left_out, narrate
from scoring.readers import narratives_of
from tests.support.findings import AS_OF, finding
from tests.support.leakage import leaking
from tests.support.narratives import record_of, told
from tests.support.point_in_time import MemoryReader

NAME, MAIL, CONTACT_MAIL = "Canary Quillferrant", "canary.q@firm.example", "canary.c@client.example"
STREET, ACCOUNT, BORN, SALARY, RATE = "7 Canary Lane", "DE89370400440532013000", "1984-02-29", "98765.43", "87.6543"
CANARIES = (NAME, "Quillferrant", MAIL, CONTACT_MAIL, STREET, "Canary Lane", ACCOUNT, BORN, "98,765", "98765", "87.65")

PEOPLE: dict[str, list[dict[str, Any]]] = {
    "person": [{"person_id": "E7", "name": NAME, "email": MAIL, "hire_date": date(1984, 2, 29)}],
    "contact": [{"contact_id": "CT1", "account_id": "K1", "email": CONTACT_MAIL}],
    "cost_rate": [{"cost_rate_id": "CR1", "person_id": "E7", "rate": RATE, "currency": "EUR"}],
    "leave": [{"leave_id": "LV1", "person_id": "E7", "leave_type": "Canary Lane"}],
    # A client that is a person, and a project that is called by one.
    "account": [{"account_id": "K1", "name": NAME}],
    "project": [{"project_id": "P1", "name": f"Work of {NAME}"}],
    "time_entry": [{"time_entry_id": "TE1", "person_id": "E7"}],
}
RECORDS = (
    *(
        Record("person", "E7", column, value)
        for column, value in (("name", NAME), ("email", MAIL), ("hire_date", BORN))
    ),
    Record("contact", "CT1", "email", CONTACT_MAIL),
    Record("cost_rate", "CR1", "rate", RATE),
    Record("leave", "LV1", "leave_type", "Canary Lane"),
    Record("time_entry", "TE1", "person_id", NAME),
)
SENTENCES = (
    f"{NAME} booked it",
    f"Ask {NAME}.",
    f"Write to {MAIL}.",
    f"It was sent to {CONTACT_MAIL}",
    f"They live at {STREET}",
    f"The account is {ACCOUNT}",
    f"Born on {BORN}",
    f"The salary is {SALARY} EUR",
    f"The hour costs {RATE} EUR",
    "Quillferrant booked it",
    "It was Quillferrant who booked it",
)


def planted(score: str, text: str) -> Finding:
    """Return a finding whose every text, fact and record holds a canary."""
    facts = {"name": NAME, "email": MAIL, "home_address": STREET, "iban": ACCOUNT, "birth_date": BORN, "salary": SALARY}
    declared = {"role": NAME, "series": NAME, "pending_changes": NAME, "merchant": NAME, "project_name": NAME}
    return finding(
        "TE1",
        score=score,
        object_type="time_entry",
        title=text,
        action=text,
        expected=text,
        seen=text,
        reasons=(Reason("why", text, 1.0, RECORDS), Reason("other", f"As said: {text}", 0.5, RECORDS)),
        facts=facts | declared,
        project_id="P1",
        account_id="K1",
        person_id="E7",
    )


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("text", SENTENCES)
def test_no_reader_of_no_score_is_told_a_canary(score: str, text: str) -> None:
    record = record_of(planted(score, text), PEOPLE)
    stored = json.dumps(as_values(narratives_of(record)), ensure_ascii=False)
    assert [canary for canary in CANARIES if canary in stored] == []
    assert all("E7" not in told(record, "account_manager").text for _ in READERS)


@pytest.mark.parametrize("text", SENTENCES[:4])
def test_the_text_for_all_names_nobody_either(text: str) -> None:
    one = planted("time_expense_anomaly", text)
    one = replace(one, facts={}, reasons=(Reason("why", text, 1.0),))
    evidence = read_evidence(MemoryReader(PEOPLE), [one], as_of=AS_OF)
    assert narrate(one, names_somebody=evidence.names_somebody) == (
        "Time expense anomaly of time entry TE1. 1,000.00 USD at risk, with a probability of 50%."
    )
    assert left_out(one, names_somebody=evidence.names_somebody)


def test_the_canaries_would_be_told_were_they_not_kept_out() -> None:
    one = replace(planted("time_expense_anomaly", SENTENCES[0]), facts={}, reasons=())
    assert NAME in narrate(one)
    harmless = {name: rows for name, rows in PEOPLE.items() if name in ("account", "project")}
    assert NAME in told(record_of(one, harmless), "account_manager").text


def test_a_whole_score_over_a_firm_of_canaries_tells_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from leadline.kernel.home import Home
    from leadline.kernel.settings import Settings

    found = [replace(planted("revenue_leakage", text), object_id=f"TE{n}") for n, text in enumerate(SENTENCES)]
    found = [replace(one, expected="", seen="", title="A line was never billed") for one in found]
    monkeypatch.setattr(revenue_leakage, "findings", lambda *_, **__: found)
    home = Home(path=tmp_path, settings=Settings())
    report = score(home, leaking(**PEOPLE), ["revenue_leakage"], as_of=AS_OF)
    assert len(report.exceptions) == len(SENTENCES)
    published = json.dumps([[one.narrative, as_values(one.narratives)] for one in report.exceptions])
    assert [canary for canary in (NAME, MAIL, CONTACT_MAIL) if canary in published] == []
