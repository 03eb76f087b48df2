"""The worklist and the exception page: order, pages, filters, decisions, stale clicks, and text that stays text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from leadline.app.console.pages.worklist import PAGE
from leadline.kernel import facts
from leadline.kernel.findings import Reason, Record
from leadline.kernel.statements import plain
from leadline.queue.decisions import Verdict
from leadline.queue.states import REASON_CODES
from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.console import Browser, Console, console_on
from tests.support.narratives import read
from tests.support.queue import AT, banded, drawn

ONE = drawn().external_id


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        made = console_on(store)
        somebody(made.access, "ana", person_id="P-1")
        somebody(made.access, "ben")
        yield made


@pytest.fixture
def ana(console: Console) -> Browser:
    return console.browser("ana")


def _worth(value: str, **scored: object) -> dict[str, object]:
    return {"expected_value": Decimal(value)} | scored


def _titles(text: str) -> list[str]:
    return re.findall(r'<td class="what"><a [^>]*>([^<]*)</a>', text)


def test_money_comes_first_and_currencies_are_never_added_up(console: Console, ana: Browser) -> None:
    found = [
        drawn("INV-1", scored=_worth("500")),
        drawn("INV-2", scored=_worth("70000.40"), currency="EUR"),
        drawn("INV-3", scored=_worth("800")),
    ]
    console.store.upsert(found, at=AT)
    text = ana.get("/worklist").text
    assert [title.split()[1] for title in _titles(text)] == ["INV-2", "INV-3", "INV-1"]
    assert re.findall(r'<strong class="money">([\d,]+)</strong> (\w+)', text) == [("70,000", "EUR"), ("1,300", "USD")]


def test_pages_follow_one_another_without_gap_or_repeat_also_among_equals(console: Console, ana: Browser) -> None:
    found = [drawn(f"INV-{n}", scored=_worth(str(100 + n // 40))) for n in range(2 * PAGE + 7)]
    console.store.upsert(found, at=AT)
    seen: list[str] = []
    path = "/worklist"
    for _ in range(4):
        text = ana.get(path).text
        seen += _titles(text)
        more = re.search(r'<tr class="more"><td colspan="9"><a href="([^"]*)"', text)
        if more is None:
            break
        path = html.unescape(more[1])
    assert sorted(seen) == sorted(read(one.finding.title) for one in found)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"A", "B", "C"}),
        ("?tab=mine", {"A", "B"}),
        ("?tab=breached", {"C"}),
        ("?score=margin_erosion", {"C"}),
        ("?state=in_review", {"B"}),
        ("?state=dismissed", {"D"}),
        ("?state=all", {"A", "B", "C", "D"}),
        ("?owner=P-1", {"A"}),
        ("?legal_entity=FR", {"B"}),
        ("?q=NORDWIND", {"A"}),
        ("?q=100%25", {"B"}),
        ("?q=_", set()),
        ("?q=nothing+like+it", set()),
    ],
)
def test_filters_in_the_address(console: Console, ana: Browser, query: str, shown: set[str]) -> None:
    late = {"due_at": AT - timedelta(hours=1)}
    found = [
        drawn("A", title="A: Nordwind", legal_entity_id="DE", scored={"owner": "P-1"}),
        drawn("B", title="B: 100% late", legal_entity_id="FR"),
        drawn("C", title="C: one", score="margin_erosion", scored=late),
        drawn("D", title="D: one", scored=late),
    ]
    console.store.upsert(found, at=AT)
    console.store.take(found[1].external_id, by="ana", at=AT)
    console.store.decide(found[3].external_id, Verdict("dismissed", "not_true", "ben"), at=AT)
    text = ana.get(f"/worklist{query}").text
    assert {title[0] for title in _titles(text)} == shown
    assert ("Nothing" in text) is not shown


@pytest.mark.parametrize(
    "query", ["?tab=x", "?score=x", "?state=x", "?after=x", "?after=NaN_1", "?after=1e99_a", "?after=1_'"]
)
def test_an_invalid_query_is_reported(ana: Browser, query: str) -> None:
    answer = ana.get(f"/worklist{query}")
    assert (answer.status_code, "Invalid request" in answer.text) == (400, True)


def test_the_page_tells_all_there_is(console: Console, ana: Browser) -> None:
    console.store.upsert([drawn(), banded()], at=AT)
    text = ana.get(f"/exceptions/{ONE}").text
    for told in (
        *("Invoice INV-1 may be disputed", "560.00", "1,200.00", "50%", "hours as in the statement of work"),
        *("31 hours more", "Why: 31 hours above plan.", "Call the client before sending it.", "INV-0", "open"),
        *("invoice INV-1", "invoice_dispute@3", "snapshot-1", "finance-emea", "added</strong> by leadline"),
    ):
        assert told in text, told
    sized = ana.get(f"/exceptions/{banded().external_id}").text
    assert "0.1 to 0.3 margin points" in sized
    assert "90%" in sized


def test_what_else_waits_on_the_object_is_listed_with_its_expected_value(console: Console, ana: Browser) -> None:
    other = drawn(score="revenue_leakage", scored={"expected_value": Decimal("77.00")})
    console.store.upsert([drawn(), other], at=AT)
    text = ana.get(f"/exceptions/{ONE}").text
    waiting = text[text.index("Also waiting") :]
    assert '<span class="money">77</span> USD <span class="muted">expected</span>' in waiting


def test_cost_rates_are_shown_to_those_who_may_see_them(console: Console) -> None:
    somebody(console.access, "mia", "manager")
    reason = Reason(
        "cost",
        plain("It costs more"),
        1.0,
        (Record("cost_rate", "P-9", "rate", facts.money("88.17", "USD", about=facts.COST)),),
    )
    console.store.upsert([drawn(reasons=(reason,))], at=AT)
    shown = {login: "88.17" in console.browser(login).get(f"/exceptions/{ONE}").text for login in ("ana", "mia")}
    assert shown == {"ana": False, "mia": True}


def test_who_may_not_decide_sees_no_buttons(console: Console) -> None:
    somebody(console.access, "ida", "auditor")
    console.store.upsert([drawn()], at=AT)
    assert "/decide" not in console.browser("ida").get(f"/exceptions/{ONE}").text
    assert "/decide" in console.browser("ana").get(f"/exceptions/{ONE}").text


@pytest.mark.parametrize(
    ("verdict", "reason"), [(verdict, reason) for verdict, codes in REASON_CODES.items() for reason in codes]
)
def test_every_verdict_and_reason_can_be_given(console: Console, ana: Browser, verdict: str, reason: str) -> None:
    score = "staffing_match" if reason == "filled" else "invoice_dispute"  # the others are not filled
    console.store.upsert([one := drawn(score=score)], at=AT)
    key, version = one.external_id, 1
    if verdict == "re_opened":
        version = console.store.decide(key, Verdict("dismissed", "not_true", "ben"), at=AT).version
    text = ana.get(f"/exceptions/{key}").text
    assert f'name="verdict" value="{verdict}"' in text
    assert f'value="{reason}"' in text
    back = "/worklist?tab=mine"
    answer = ana.post(
        f"/exceptions/{key}/decide",
        version=str(version),
        verdict=verdict,
        reason_code=reason,
        note=" seen ",
        back=back,
        value_recovered="12.50",
        days="3",
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"{back}&done={key}")
    told = console.store.history(key)[-1]
    recovered = Decimal("12.50") if verdict == "confirmed" else None
    assert (told.verdict, told.reason_code, told.decided_by, told.note) == (verdict, reason, "ana", "seen")
    assert told.value_recovered == recovered
    assert console.store.get(key).snoozed_until == (AT + timedelta(days=3) if verdict == "snoozed" else None)
    assert "Invoice INV-1 may be disputed" in ana.get(answer.headers["location"]).text.split("<nav", 2)[1] + "".join(
        re.findall(r'<p class="done".*?</p>', ana.get(answer.headers["location"]).text)
    )


def test_taking_puts_it_in_hand_and_keeps_one_on_the_page(console: Console, ana: Browser) -> None:
    console.store.upsert([drawn()], at=AT)
    answer = ana.post(f"/exceptions/{ONE}/take", version="1", back="/worklist?tab=team")
    assert answer.headers["location"] == f"/exceptions/{ONE}?back=%2Fworklist%3Ftab%3Dteam"
    found = console.store.get(ONE)
    assert (found.state, found.handled_by) == ("in_review", "ana")
    text = ana.get(answer.headers["location"]).text
    assert 'id="act-t"' not in text
    assert 'href="/worklist?tab=team"' in text
    assert _titles(ana.get("/worklist?tab=mine").text) == ["Invoice INV-1 may be disputed"]


@pytest.mark.parametrize("action", ["take", "decide"])
def test_a_stale_click_changes_nothing_and_tells_what_changed_and_who_did_it(
    console: Console, ana: Browser, action: str
) -> None:
    console.store.upsert([drawn()], at=AT)
    richer = drawn(money_at_risk=Decimal("9000"), title="Invoice INV-1 grew")
    console.store.upsert([richer], at=AT + timedelta(hours=1))
    spoken = Verdict("snoozed", "not_now", "ben", note="after the meeting")
    console.store.decide(ONE, spoken, at=AT + timedelta(hours=2))
    console.clock.at += timedelta(minutes=30)
    fields = {"version": "1", "verdict": "dismissed", "reason_code": "not_true"}
    answer = ana.post(f"/exceptions/{ONE}/{action}", **fields)
    assert answer.status_code == 409
    text = re.sub(r"\s+", " ", answer.text)
    for told in (
        *("updated</strong> by leadline", "snoozed</strong> by ben", "after the meeting"),
        '<th scope="row">money at risk</th><td>1,200.00</td><td>9,000.00</td>',
        "<td>Invoice INV-1 may be disputed</td><td>Invoice INV-1 grew</td>",
        '<th scope="row">state</th><td>open</td><td>snoozed</td>',
        "<td>–</td><td>2026-07-08 08:00 UTC</td>",
    ):
        assert told in text, told
    assert "added</strong>" not in text
    assert [one.decided_by for one in console.store.history(ONE)] == ["ben"]


def test_what_somebody_else_has_in_hand_is_not_taken_from_them(console: Console, ana: Browser) -> None:
    console.store.upsert([drawn()], at=AT)
    console.store.take(ONE, by="ben", at=AT)
    answer = ana.post(f"/exceptions/{ONE}/take", version="2")
    assert (answer.status_code, "by ben" in answer.text) == (409, True)
    assert console.store.get(ONE).handled_by == "ben"


@pytest.mark.parametrize(
    "wrong",
    [
        {"verdict": "burned"},
        {"reason_code": "billed"},
        {"version": ""},
        {"version": "-1"},
        {"version": "99999999999999999999"},
        {"version": "²"},
        {"verdict": "confirmed", "reason_code": "billed", "value_recovered": "-1"},
        {"verdict": "confirmed", "reason_code": "billed", "value_recovered": "NaN"},
        {"verdict": "confirmed", "reason_code": "billed", "value_recovered": "1e40"},
        {"verdict": "confirmed", "reason_code": "billed", "value_recovered": "12,5"},
        {"verdict": "snoozed", "reason_code": "not_now", "days": "0"},
        {"verdict": "snoozed", "reason_code": "not_now", "days": "366"},
        {"note": "x" * 2001},
    ],
)
def test_an_invalid_form_is_reported_and_changes_nothing(console: Console, ana: Browser, wrong: dict[str, str]) -> None:
    console.store.upsert([drawn()], at=AT)
    fields = {"version": "1", "verdict": "dismissed", "reason_code": "not_true"} | wrong
    assert ana.post(f"/exceptions/{ONE}/decide", **fields).status_code == 400
    assert console.store.get(ONE).version == 1


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/users", "javascript:x", "/worklist\r\nX: y"]
)
def test_a_decision_leads_back_to_a_list_of_this_console_only(console: Console, ana: Browser, back: str) -> None:
    console.store.upsert([drawn()], at=AT)
    fields = {"version": "1", "verdict": "dismissed", "reason_code": "not_true", "back": back}
    assert ana.post(f"/exceptions/{ONE}/decide", **fields).headers["location"] == f"/worklist?done={ONE}"
    assert 'id="back" href="/worklist"' in ana.client.get(f"/exceptions/{ONE}", params={"back": back}).text


def test_a_decision_just_made_is_taken_back_from_the_list(console: Console, ana: Browser) -> None:
    console.store.upsert([drawn()], at=AT)
    console.store.take(ONE, by="ana", at=AT)
    fields = {"version": "2", "verdict": "dismissed", "reason_code": "not_true"}
    listed = ana.get(ana.post(f"/exceptions/{ONE}/decide", **fields).headers["location"]).text
    assert f'action="/exceptions/{ONE}/undo"' in listed
    assert "/undo" not in console.browser("ben").get(f"/worklist?done={ONE}").text
    assert console.browser("ben").post(f"/exceptions/{ONE}/undo").status_code == 400
    assert ana.post(f"/exceptions/{ONE}/undo", back="/worklist?tab=mine").status_code == 303
    assert (console.store.get(ONE).state, console.store.get(ONE).handled_by) == ("in_review", "ana")
    text = ana.get(f"/exceptions/{ONE}").text
    assert "undone</strong> by ana" in text
    assert "taken back" in text
    assert ana.post(f"/exceptions/{ONE}/undo").status_code == 400


def test_a_manager_gives_an_exception_to_somebody_and_back(console: Console, ana: Browser) -> None:
    somebody(console.access, "mia", "manager")
    console.store.upsert([drawn()], at=AT)
    mia = console.browser("mia")
    assert "/assign" in mia.get(f"/exceptions/{ONE}").text
    assert "/assign" not in ana.get(f"/exceptions/{ONE}").text
    assert mia.post(f"/exceptions/{ONE}/assign", version="1", to="ana").status_code == 303
    assert _titles(ana.get("/worklist?tab=mine").text) == ["Invoice INV-1 may be disputed"]
    assert _titles(ana.get("/worklist?owner=ana").text) == ["Invoice INV-1 may be disputed"]
    assert "given by hand" in mia.get(f"/exceptions/{ONE}").text
    stale = mia.post(f"/exceptions/{ONE}/assign", version="1", to="ben")
    assert stale.status_code == 409
    assert '<th scope="row">given to</th><td>–</td><td>ana</td>' in stale.text
    assert mia.post(f"/exceptions/{ONE}/assign", version="2", to="").status_code == 303
    assert console.store.get(ONE).answers == "finance-emea"


def test_what_else_waits_on_the_object_is_shown_within_scope(console: Console) -> None:
    somebody(console.access, "dee", legal_entities=("DE",))
    somebody(console.access, "ida", "analyst", legal_entities=("DE",))
    near = {"project_id": "PR-1"}
    found = [
        drawn("INV-1", legal_entity_id="DE", title="The one", **near),
        drawn("INV-2", legal_entity_id="DE", title="A neighbour", **near),
        drawn("INV-3", legal_entity_id="FR", title="A foreigner", **near),
        drawn("TE-1", legal_entity_id="DE", title="A person", score="time_expense_anomaly", **near),
        drawn("INV-4", legal_entity_id="DE", title="A stranger"),
    ]
    console.store.upsert(found, at=AT)
    titles = [read(one.finding.title) for one in found[1:]]
    for login, shown in (("dee", {"A neighbour", "A person"}), ("ida", {"A neighbour"})):
        text = console.browser(login).get(f"/exceptions/{ONE}").text
        assert {title for title in titles if title in text} == shown


def test_what_ended_by_itself_says_why(console: Console, ana: Browser) -> None:
    console.store.upsert([drawn()], at=AT)
    console.store.upsert([], scored={"invoice_dispute": AT}, at=AT, snapshot_id="S-2")
    text = ana.get(f"/exceptions/{ONE}").text
    assert "Not found again as of" in text
    assert 'value="re_opened"' in text


def test_a_list_that_htmx_fetches_says_the_same_as_the_whole_page(console: Console) -> None:
    browser = console.browser("ana")

    def listed(text: str) -> str:
        return text.split('<section id="list">')[1].split("</section>")[0]

    whole = browser.get("/worklist?state=all").text
    part = browser.get("/worklist?state=all", **{"HX-Request": "true"}).text
    restored = browser.get("/worklist?state=all", **{"HX-Request": "true", "HX-History-Restore-Request": "true"}).text
    assert listed(part) == listed(whole)
    assert 'class="count' in restored
    assert 'class="count' not in part
