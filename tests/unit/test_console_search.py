"""The search box: what it finds, where a whole id leads, in any case of letters, and nothing out of sight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline.access.permissions import ROLES
from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.console import ENTITIES, Browser, Console, console_on, everyone
from tests.support.console_warehouse import mark, publish_firm
from tests.support.queue import AT, drawn

KINDS = ("Exceptions", "Projects", "Clients", "Deals", "People")


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("search")
    with Store(f"sqlite:///{folder / 'ops.db'}") as store:
        made = console_on(store)
        made.warehouse = folder / "warehouse"
        publish_firm(made.warehouse)
        everyone(made)
        somebody(made.access, "new", "analyst")
        found = [
            drawn("INV-1", legal_entity_id="DE", title="Müller & Söhne may dispute zDEz"),
            drawn("INV-2", legal_entity_id="FR", title="MÜLLER FRÈRES may dispute zFRz"),
            drawn("LINE-1", score="time_expense_anomaly", legal_entity_id="DE", title="Hours of a person, zDEz"),
            drawn("LINE-1", score="revenue_leakage", legal_entity_id="DE", title="Hours not billed, zDEz"),
        ]
        store.upsert(found, at=AT)
        yield made


@pytest.fixture
def browser(console: Console) -> Browser:
    return console.browser("operator-all")


def test_what_fits_is_grouped_with_counts(browser: Browser) -> None:
    text = browser.get("/search?q=-zdez").text
    for kind in KINDS[1:]:
        assert f'<h2>{kind} <span class="count">1</span></h2>' in text
    assert f'href="/projects/project_id-{mark("DE")}"' in text


@pytest.mark.parametrize("q", ["müller", "MÜLLER", "Müller", "üL"])
def test_letters_beyond_ascii_are_found_in_any_case(browser: Browser, q: str) -> None:
    text = browser.get(f"/search?q={q}").text
    assert 'Exceptions <span class="count">2</span>' in text
    assert browser.get(f"/worklist?q={q}").text.count("<tr data-href=") == 2


@pytest.mark.parametrize("q", ["ü*", "ü?ler", "[ü]", "ü%", "ü_ler"])
def test_wildcards_are_searched_literally(browser: Browser, q: str) -> None:
    assert browser.get("/search").status_code == 200
    assert "No matches within your scope." in browser.client.get("/search", params={"q": q}).text


@pytest.mark.parametrize(
    ("q", "page"),
    [
        ("PROJECT_ID-zdeZ", f"/projects/project_id-{mark('DE')}"),
        (f"client_id-{mark('FR')}", f"/clients/client_id-{mark('FR')}"),
        (f"opportunity_id-{mark('FR')}", f"/deals/opportunity_id-{mark('FR')}"),
        (f"person_id-{mark('NL')}", f"/people/person_id-{mark('NL')}"),
        (" inv-1 ", "/exceptions/"),
    ],
)
def test_a_whole_id_leads_straight_to_its_page(browser: Browser, q: str, page: str) -> None:
    answer = browser.get(f"/search?q={q}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(page)
    assert browser.get(answer.headers["location"]).status_code == 200


def test_an_id_of_an_exception_leads_to_it_and_one_of_two_does_not(console: Console, browser: Browser) -> None:
    (one,) = [one for one in console.store.list_() if one.object_id == "INV-2"]
    assert browser.get(f"/search?q={one.external_id}").headers["location"] == f"/exceptions/{one.external_id}"
    assert 'Exceptions <span class="count">2</span>' in browser.get("/search?q=LINE-1").text


@pytest.mark.parametrize("entity", [name for name in ENTITIES if name])
@pytest.mark.parametrize("role", ROLES)
def test_nothing_out_of_scope_is_found_counted_or_opened(console: Console, role: str, entity: str) -> None:
    mine = console.browser(f"{role}-{entity.lower()}")
    others = [mark(name) for name in ENTITIES if name != entity]
    ids = ("project_id", "client_id", "opportunity_id", "person_id")
    asked = ["z", "müller", "INV", *(f"{name}-{other}" for name in ids for other in others)]
    pages = [mine.get(f"/search?q={q}") for q in asked]
    leaked = [(page.url.query, other) for page in pages for other in others if other in page.text.split("</h1>")[-1]]
    assert leaked == []
    assert [page.status_code for page in pages[3:]] == [200] * len(pages[3:])
    counts = re.findall(r'<h2>(\w+) <span class="count">(\d+)', pages[0].text)
    assert {number for kind, number in counts if kind != "Exceptions"} <= {"1"}


@pytest.mark.parametrize(
    ("role", "kinds"),
    [("operator", KINDS), ("analyst", KINDS[:4]), ("admin", ()), ("data_scientist", KINDS[:4])],
)
def test_each_kind_needs_what_its_pages_need(console: Console, role: str, kinds: tuple[str, ...]) -> None:
    text = console.browser(f"{role}-all").get("/search?q=z").text
    assert tuple(kind for kind in KINDS if f"<h2>{kind} <" in text) == kinds
    assert ("Hours of a person" in text) is (role == "operator")
    assert ('action="/search"' in text) is (role != "admin")


def test_without_published_data_exceptions_are_found_and_an_empty_box_says_what_to_type(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        made = console_on(store)
        somebody(made.access, "ana")
        store.upsert([drawn("INV-1", title="A title")], at=AT)
        assert "A title" in made.browser("ana").get("/search?q=title").text
        assert "Type part of a name" in made.browser("ana").get("/search").text
