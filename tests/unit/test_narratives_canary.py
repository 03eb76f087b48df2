"""Canaries: personal data planted wherever a text could take it from, and shown to no one who may not see it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from leadline.kernel import facts
from leadline.kernel.compose import for_everyone
from leadline.kernel.facts import COST, NAMED, PERSON
from leadline.kernel.findings import Finding, Reason, Record
from leadline.kernel.rendering import READERS, Renderer
from leadline.kernel.scores import SCORES
from leadline.kernel.statements import plain, say
from leadline.queue.records import as_record, content_of, digest_of, queued
from models import revenue_leakage
from scoring.batch import score
from scoring.evidence import with_evidence
from tests.support.findings import AS_OF, finding
from tests.support.leakage import leaking
from tests.support.narratives import evidence_of, told
from tests.support.queue import drawn

NAME, MAIL, CONTACT_MAIL = "Canary Quillferrant", "canary.q@firm.example", "canary.c@client.example"
RATE = "87.6543"
CANARIES = (NAME, "Quillferrant", MAIL, CONTACT_MAIL, "87.65", "Canary Lane")

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
    *(Record("person", "E7", column) for column in ("name", "email")),
    Record("contact", "CT1", "email"),
    Record("cost_rate", "CR1", "rate"),
    Record("leave", "LV1", "leave_type"),
    Record("project", "P1", "name"),
)
SENTENCES = (f"{NAME} booked it", f"Ask {NAME}.", f"Write to {MAIL}.", f"It was sent to {CONTACT_MAIL}")


def planted(score: str, text: str) -> Finding:
    """Return a finding whose every text, fact and record holds a canary."""
    named = {"role": facts.name(NAME), "series": facts.name(NAME), "merchant": facts.name(NAME)}
    return finding(
        "TE1",
        score=score,
        object_type="time_entry",
        title=text,
        action=text,
        expected=text,
        seen=text,
        reasons=(
            Reason("why", plain(text), 1.0, RECORDS),
            Reason("merchant", say("time_expense_anomaly.seen_expense", amount=facts.money(1, "EUR"),
                                   merchant=facts.name(NAME)), 0.5),
        ),
        facts=named,
        project_id="P1",
        account_id="K1",
        person_id="E7",
    )  # fmt: skip


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_reader_of_no_score_is_told_a_canary(score: str, text: str, language: str) -> None:
    for reader in READERS:
        shown = told(planted(score, text), reader, PEOPLE, language=language)
        assert [canary for canary in CANARIES if canary in str(shown)] == []
    assert "E7" not in str(told(planted(score, text), "account_manager", PEOPLE))


@pytest.mark.parametrize("text", SENTENCES)
def test_a_record_shows_no_canary_to_who_may_not_see_it(text: str) -> None:
    one = planted("time_expense_anomaly", text)
    content = content_of(drawn(scored={"finding": with_evidence(one, evidence_of(one, PEOPLE))}))
    held = {"external_id": "a" * 16, "state": "open", "version": 1, "digest": digest_of(content)}
    held |= {"first_as_of": content["as_of"], "updated_at": content["as_of"], "handled_by": None, "claimed_by": None}
    held |= dict.fromkeys(("snoozed_until", "assigned_to", "escalated_to", "escalated_at", "ended_because"))
    shown = as_record(queued(content | held), Renderer(hidden=(COST, PERSON, NAMED)))
    assert [canary for canary in CANARIES if canary in json.dumps(shown)] == []
    assert shown["title"] == "Time expense anomaly: time entry TE1"
    assert shown["action"] is None
    assert [reason["text"] for reason in shown["reasons"]] == [None, None]
    hidden = [record["is_hidden"] for record in shown["reasons"][0]["records"]]
    assert hidden == [True] * len(RECORDS)
    whole = json.dumps(as_record(queued(content | held)))
    assert [canary for canary in CANARIES if canary not in whole] == []
    assert [canary for canary in CANARIES if canary in content["narrative"]] == []


def test_the_canaries_would_be_told_were_they_not_kept_out() -> None:
    one = replace(planted("time_expense_anomaly", SENTENCES[0]), facts={}, reasons=())
    assert NAME in for_everyone(one, Renderer()).text
    harmless = {name: rows for name, rows in PEOPLE.items() if name in ("account", "project")}
    assert NAME in told(one, "account_manager", harmless).text


def test_a_whole_score_over_a_firm_of_canaries_tells_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from leadline.kernel.home import Home
    from leadline.kernel.settings import Settings

    found = [replace(planted("revenue_leakage", text), object_id=f"TE{n}") for n, text in enumerate(SENTENCES)]
    monkeypatch.setattr(revenue_leakage, "findings", lambda *_, **__: found)
    home = Home(path=tmp_path, settings=Settings())
    report = score(home, leaking(**PEOPLE), ["revenue_leakage"], as_of=AS_OF)
    assert len(report.exceptions) == len(SENTENCES)
    searched = json.dumps([content_of(one)["narrative"] for one in report.exceptions])
    assert [canary for canary in (NAME, MAIL, CONTACT_MAIL) if canary in searched] == []
