"""The page to fill a role: from the list to a candidate, what if, what cannot be, the decision, and who sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import cast
from urllib.parse import quote

import pytest

from leadline.app.console.staffing import SCORE, StaffingPlans
from leadline.kernel.errors import HomeError
from leadline.queue.store import Store
from leadline.warehouse.snapshot import Snapshot
from tests.support.access import somebody
from tests.support.console import Browser, Console, console_on
from tests.support.point_in_time import MemoryReader
from tests.support.queue import AT, drawn
from tests.support.staffing_firm import AS_OF, person, small_desk

PIN = quote("R2|P1")


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        made = console_on(store)
        somebody(made.access, "ana", "manager")
        somebody(made.access, "ben", "manager", legal_entities=("DE",))
        somebody(made.access, "olga", "operator")
        somebody(made.access, "audit", "auditor")
        store.upsert([drawn("R1", score=SCORE, legal_entity_id=None)], at=AT, scored={SCORE: AS_OF})
        made.staffing = looking_at(small_desk())
        yield made


@pytest.fixture
def ana(console: Console) -> Browser:
    return console.browser("ana")


def looking_at(reader: MemoryReader) -> StaffingPlans:
    return StaffingPlans(lambda: cast("Snapshot", reader), lambda: None)


def candidates(text: str) -> dict[str, str]:
    """Return what is told of each candidate, by id."""
    parts = text.split('<ol class="candidates">')[1].split("</ol>")[0].split("<li>\n      <h3>")[1:]
    return {re.search(r"/people/(\w+)", part)[1]: part for part in parts}  # type: ignore[index]


def link(text: str, words: str, person_id: str = "") -> str:
    """Return the address behind a link by its words."""
    hidden = f'<span class="unseen"> {person_id}</span>' if person_id else ""
    found = re.search(rf'href="([^"]+)"[^>]*>{re.escape(words + hidden)}</a>', text)
    assert found, words
    return unescape(found[1]).split("#")[0]


def plan_row(text: str, name: str) -> list[str]:
    """Return the cells of a row of the table that compares plans."""
    row = text.split(f'<th scope="row">{name}</th>')[1].split("</tr>")[0]
    return re.findall(r"<td[^>]*>([^<]*)</td>", row)


def test_the_list_leads_to_a_role_and_says_whom_the_plan_proposes(ana: Browser) -> None:
    text = ana.get("/staffing").text
    assert text.index(">R1<") < text.index(">R2<")  # the most money at risk comes first
    assert text.count("<tr data-href=") == 2
    assert "32,000 USD" in text
    page = ana.get(link(text, "consultant, north")).text
    assert "2 See who could fill it" in page
    assert "P1</a> Person One" in page


@pytest.mark.parametrize(("query", "shown"), [("region=south", ["R2"]), ("q=pr-1", ["R1"]), ("role=architect", [])])
def test_filters_are_in_the_url(ana: Browser, query: str, shown: list[str]) -> None:
    text = ana.get(f"/staffing?{query}").text
    assert re.findall(r'<span class="muted">(R\d)</span></th>', text) == shown
    assert ("Take the filters off" in text) is not shown


def test_a_candidate_is_shown_with_skills_hours_and_what_would_have_to_move(ana: Browser) -> None:
    told = candidates(ana.get("/staffing?request=R1").text)
    assert list(told) == ["P1", "P2"]
    assert ("Sounding" in told["P1"], "missing:" in told["P1"]) == (True, False)
    assert "missing:</span> Sounding" in told["P2"] or "missing: Sounding" in told["P2"]
    assert "1 tentative, which may have to move" in told["P2"]
    assert "2026-05-04" in told["P2"]  # all forty hours once the booking ends
    assert "covers 100% of the skills" in told["P1"]


def test_to_pin_somebody_shows_what_the_whole_plan_becomes(ana: Browser) -> None:
    page = ana.get("/staffing?request=R2").text
    assert "What if:" not in page
    text = ana.get(link(page, "Pin to this role", "P1")).text
    assert "P1 fills R2" in text
    assert "pinned by you" in candidates(text)["P1"]
    assert "In your what-if" in text
    assert plan_row(text, "Roles filled")[0] == "2 / 2"
    before, after = (float(cell.replace(",", "")) for cell in plan_row(text, "Likely of it, USD"))
    assert after < before
    assert 'id="decide-title"' in text
    back = ana.get(link(text, "As proposed")).text
    assert "What if:" not in back


def test_assumptions_add_up_and_each_can_be_taken_off(ana: Browser) -> None:
    held = ana.get(link(ana.get("/staffing?request=R1").text, "Hold back", "P1")).text
    assert plan_row(held, "Roles filled")[1] == "1 / 2"
    both = ana.get(link(held, "Not this role", "P2")).text
    assert "P1 is held back from all roles" in both
    assert "P2 does not fill R1" in both
    later = ana.get("/staffing?request=R2&hold=P2&weeks=12").text
    assert "R2 starts later (weeks: 12)" in later
    assert plan_row(later, "Roles filled")[1] == "2 / 2"
    off = re.search(r'href="([^"]+)">take off<span class="unseen"> R2 12', later)
    assert off
    assert "starts later" not in ana.get(unescape(off[1])).text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (
            "pin=R1|P1&pin=R2|P1",
            "pinned to R1, R2, which take 60.00 h in the week of 2026-03-09; 40.00 h are free.",
        ),
        ("pin=R1|P3", "P3 cannot fill R1"),
        ("pin=R1|P1&hold=P1", "P1 is pinned to R1 and kept from it at once."),
    ],
)
def test_what_cannot_be_is_said_with_its_cause(ana: Browser, query: str, told: str) -> None:
    answer = ana.get(f"/staffing?request=R1&{query}")
    assert answer.status_code == 200
    assert "No plan can be like that." in answer.text
    assert told in answer.text


@pytest.mark.parametrize("query", ["pin=R1", "pin=|P1", "shift=R1|soon", "shift=R1|27", "request=R1&weeks=-1"])
def test_what_is_no_assumption_is_refused(ana: Browser, query: str) -> None:
    assert ana.get(f"/staffing?{query}").status_code == 400


def test_a_role_is_confirmed_with_the_person_in_the_note_and_the_way_back_is_here(
    console: Console, ana: Browser
) -> None:
    page = ana.get("/staffing?request=R1").text
    form = ana.get(link(page, "Filled with P1 Person One: confirm"))
    assert 'value="Filled with P1"' in form.text
    reasons = form.text.split('id="act-c"')[1].split("</fieldset>")[0]
    assert re.findall(r'name="reason_code" value="(\w+)"( checked)?', reasons)[0] == ("filled", " checked")
    assert "← Staffing" in form.text
    (one,) = console.store.list_()
    fields = {"version": str(one.version), "verdict": "confirmed", "reason_code": "filled", "note": "Filled with P1"}
    answer = ana.post(f"/exceptions/{one.external_id}/decide", back="/staffing?request=R1", **fields)
    assert answer.headers["location"] == f"/staffing?request=R1&done={one.external_id}"
    after = ana.get(answer.headers["location"]).text
    assert "Take it back" in after
    assert ": confirm</a>" not in after
    assert [told.note for told in console.store.decisions_since()] == ["Filled with P1"]


def test_a_role_that_is_not_in_the_queue_or_not_open_says_so(ana: Browser) -> None:
    assert "does not wait in the queue" in ana.get("/staffing?request=R2").text
    assert "R7 is not open any more" in ana.get("/staffing?request=R7").text


def test_the_exception_and_the_list_lead_here(console: Console, ana: Browser) -> None:
    (one,) = console.store.list_()
    assert "/staffing?request=R1" in ana.get(f"/exceptions/{one.external_id}").text
    assert 'href="/staffing"' in ana.get("/worklist?score=staffing_match").text.split("<main")[1]
    assert 'href="/staffing"' not in ana.get("/worklist").text.split("<main")[1]


def test_groups_are_for_who_may_see_models_and_deciding_for_who_may_decide(console: Console) -> None:
    pages = {login: console.browser(login).get("/staffing?request=R1").text for login in ("ana", "olga", "audit")}
    assert {login for login, text in pages.items() if "Are groups proposed evenly?" in text} == {"ana", "audit"}
    assert {login for login, text in pages.items() if "confirm</a>" in text} == {"ana", "olga"}


def test_who_sees_some_legal_entities_sees_nothing_of_the_plan_of_all(console: Console) -> None:
    text = console.browser("ben").get("/staffing?request=R1").text
    assert "you see some of them" in text
    assert "P1" not in text


def test_where_nothing_is_scored_or_published_it_is_said(console: Console, tmp_path: Path) -> None:
    def nothing() -> Snapshot:
        raise HomeError("No warehouse.")

    for staffing in (None, StaffingPlans(nothing, lambda: None), looking_at(MemoryReader({"person": [person("P1")]}))):
        page = replace(console, staffing=staffing, _application=None).browser("ana").get("/staffing")
        assert (page.status_code, "no published role requests" in page.text) == (200, True)
    with Store(f"sqlite:///{tmp_path / 'new.db'}") as store:
        made = console_on(store)
        somebody(made.access, "ana", "manager")
        made.staffing = looking_at(small_desk())
        assert "Nothing is scored yet" in made.browser("ana").get("/staffing").text


def test_the_desk_is_looked_at_once_per_data_and_as_of() -> None:
    asked = []
    reader = small_desk()
    staffing = StaffingPlans(lambda: cast("Snapshot", reader), lambda: asked.append(1))
    assert staffing.get(AS_OF) is staffing.get(AS_OF)
    assert staffing.get(AT) is not None
    assert len(asked) == 2
