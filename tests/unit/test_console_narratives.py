"""An exception in its readers' words: on its page, by the API and on the terminal, within what each may see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline.kernel.findings import Finding
from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.cli import leadline
from tests.support.console import Console, console_on
from tests.support.narratives import DISPUTE, MARGIN, STAFFING, narrated_exception
from tests.support.queue import AT

COST = "21,152.71 USD"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        made = console_on(store)
        for login, role in (("ana", "operator"), ("mia", "manager"), ("ida", "auditor"), ("liv", "analyst")):
            somebody(made.access, login, role)
        routed = ((DISPUTE, "account_manager"), (MARGIN, "project_manager"), (STAFFING, "resource_manager"))
        store.upsert([narrated_exception(one, owner_kind=kind) for one, kind in routed], at=AT)
        yield made


def page_of(console: Console, found: Finding) -> str:
    (one,) = [one for one in console.store.list_() if one.score == found.score]
    return f"/exceptions/{one.external_id}"


def test_who_decides_reads_the_words_of_the_role_that_answers_and_others_the_controllers(console: Console) -> None:
    path = page_of(console, DISPUTE)
    assert "Client Harbor Mills may contest invoice INV-1" in console.browser("ana").get(path).text
    assert "1,250.29 USD is at risk on invoice INV-1" in console.browser("ida").get(path).text


def test_a_reader_is_chosen_by_a_link_and_kept_in_the_browser(console: Console) -> None:
    ana = console.browser("ana")
    disputed, eroded = page_of(console, DISPUTE), page_of(console, MARGIN)
    text = ana.get(disputed).text
    assert 'reader=account_manager" aria-current="true">account manager</a>' in text
    assert "reader=project_manager" in text
    assert "invoice INV-1 may be disputed" in ana.get(f"{disputed}?reader=project_manager").text
    assert "may end under its approved margin" in ana.get(eroded).text
    assert "invoice INV-1 may be disputed" in ana.get(disputed).text
    assert "invoice INV-1 may be disputed" in ana.get(f"{disputed}?reader=nobody").text


def test_the_page_says_where_each_figure_comes_from(console: Console) -> None:
    text = console.browser("ida").get(page_of(console, DISPUTE)).text
    assert "Where each figure comes from" in text
    assert "<dt>272.6</dt><dd><code>reasons[0].size/times</code></dd>" in text
    assert "<dt>IL-1</dt><dd><code>record:invoice_line/IL-1</code></dd>" in text
    assert (
        "Woher jede Zahl kommt"
        in console.browser("ida").get(page_of(console, DISPUTE), **{"Accept-Language": "de"}).text
    )


def test_the_page_and_the_api_speak_german_to_who_reads_german(console: Console) -> None:
    german = {"Accept-Language": "de"}
    text = console.browser("ida").get(page_of(console, DISPUTE), **german).text
    assert "Ihr Betrag ist 272,6-mal der der letzten Rechnung des Vertrags." in text
    assert "Den Betrag der freigebenden Person beim Kunden erläutern." in text
    ana = console.program("ana")
    told = ana.client.get(f"/api/v1{page_of(console, DISPUTE)}", headers=ana.headers() | german).json()
    assert told["exception"]["reasons"][0]["text"].startswith("Ihr Betrag ist 272,6-mal")
    assert told["exception"]["reasons"][0]["facts"]["times"]["value"] == "272.6"
    assert told["exception"]["action"].startswith("Den Betrag")


def test_texts_facts_and_reasons_about_a_cost_are_shown_to_those_alone_who_may_see_costs(console: Console) -> None:
    path = page_of(console, MARGIN)
    pages = {who: console.browser(who).get(path).text for who in ("ana", "mia")}
    assert {who: (COST in page, "31,181.33" in page) for who, page in pages.items()} == {
        "ana": (False, False),
        "mia": (True, True),
    }
    assert "not shown" in pages["ana"]
    told = {who: console.program(who).get(path).json()["exception"] for who in ("ana", "mia")}
    assert (told["ana"]["expected"], "approved_cost" in told["ana"]["facts"]) == (None, False)
    assert told["mia"]["expected"] == f"cost of {COST} at completion, as approved"
    assert told["mia"]["facts"]["approved_cost"] == "21152.71"
    assert "21,152" not in json.dumps(told["ana"])


def test_costs_and_persons_are_told_to_those_alone_who_may_see_them(console: Console) -> None:
    margin, staffing = page_of(console, MARGIN), page_of(console, STAFFING)
    costs = {who: COST in console.program(who).get(margin).json()["narratives"][0]["text"] for who in ("ana", "mia")}
    assert costs == {"ana": False, "mia": True}
    assert console.program("liv").get(staffing).status_code == 404
    told = {one["reader"]: one["text"] for one in console.program("mia").get(staffing).json()["narratives"]}
    assert "Propose E7" in told["project_manager"]
    assert "E7" not in told["account_manager"]
    narrow = console.program("mia", "see_queue").get(margin).json()["narratives"]
    assert COST not in json.dumps(narrow)


def test_the_api_tells_each_reader_with_quotes_that_stand_where_they_say(console: Console) -> None:
    told = console.program("ana").get(page_of(console, DISPUTE)).json()
    assert [one["reader"] for one in told["narratives"]] == ["controller", "project_manager", "account_manager"]
    assert "narratives" not in told["exception"]
    for one in told["narratives"]:
        assert one["quotes"]
        for quote in one["quotes"]:
            assert one["text"][quote["at"] :].startswith(quote["written"])


def test_on_the_terminal_a_reader_is_named(tmp_path: Path) -> None:
    from leadline.kernel.home import open_home

    home = open_home(tmp_path / "home", create=True)
    with Store(home.ops_store_url) as store:
        store.upsert([narrated_exception(DISPUTE)], at=AT)
        (one,) = store.list_()
    show = ("queue", "show", one.external_id[:8], "--home", home.path)
    shown = leadline(*show, "--reader", "account_manager").stdout
    assert "Client Harbor Mills may contest invoice INV-1" in shown
    assert "record:account/K1/name" in shown
    (record,) = json.loads(leadline(*show, "--reader", "controller", "--format", "json").stdout)
    assert record["narratives"][0]["reader"] == "controller"
    assert record["narratives"][0]["quotes"][0]["key"] == "finding.money_at_risk"
    assert "narratives" not in json.loads(leadline(*show, "--format", "json").stdout)[0]
    refused = leadline(*show, "--reader", "unknown")
    assert (refused.exit_code, "controller, project_manager, account_manager" in refused.stderr) == (2, True)
