"""The lists of clients, deals, people and projects: filters, order, pages, links, and who sees which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.console import Browser, Console, console_on
from tests.support.snapshot import publish
from tests.support.warehouse_columns import COLUMNS

DEALS = [
    # id, name, stage, is_closed, is_won, amount
    ("O1", "Zürich Harbour", "Proposal", False, False, 100),
    ("O2", "Alster", "Proposal", False, False, 900),
    ("O3", "Won One", "Won", True, True, 5000),
    ("O4", "Lost One", "Lost", True, False, 7000),
]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("lists")
    with Store(f"sqlite:///{folder / 'ops.db'}") as store:
        made = console_on(store)
        made.warehouse = folder / "warehouse"
        publish(made.warehouse, list(statements()), built_at="2026-01-06T05:00:00+00:00")
        for login, role in (("mia", "manager"), ("ann", "analyst"), ("adam", "admin")):
            somebody(made.access, login, role)
        yield made


@pytest.fixture
def mia(console: Console) -> Browser:
    return console.browser("mia")


def statements() -> Iterator[str]:
    """Two clients, of which one has two records and what is overdue; four deals; sixty people."""
    for table, text in COLUMNS.items():
        columns = text.replace("is_deleted boolean", "is_deleted boolean default false").split("; ")
        yield f'create table "{table}" ({", ".join(columns)})'
    for account, client, name in (("A1", "C1", "Clyde"), ("A2", "C1", "Clyde"), ("A3", "C2", "Åland")):
        region = "North" if client == "C1" else "South"
        yield f"insert into int_account_golden by name select '{account}' as account_id, '{client}' as client_id, " + (
            f"'{name}' as client_name, '{region}' as client_region, true as is_golden"
        )
        yield f"insert into int_account_client by name select '{account}' as account_id, '{client}' as client_id"
    yield "insert into core_project by name select 'P1' as project_id, 'A2' as account_id, 'open' as status"
    for client, days, amount in (("C1", 40, 250), ("C1", -3, 100), ("C2", -5, 900)):
        yield f"insert into invoice_ageing by name select '{client}' as client_id, {days} as days_overdue, " + (
            f"{amount} as open_amount_reporting, false as is_disputed"
        )
    for name, title, stage, closed, won, amount in DEALS:
        yield f"insert into core_opportunity by name select '{name}' as opportunity_id, '{title}' as name, " + (
            f"'{stage}' as stage, {closed} as is_closed, {won} as is_won, {amount} as amount, 'EUR' as currency"
        )
    yield """insert into core_person by name
        select format('E{:02d}', n) as person_id, format('Person {:02d}', 99 - n) as name,
            case when n % 2 = 0 then 'Analyst' else 'Architect' end as role from range(60) as numbers(n)"""
    for person, billable in (("E07", 8), ("E08", 36)):
        yield f"insert into utilization_weekly by name select '{person}' as person_id, date '2026-01-05' as " + (
            f"week_start, {billable} as billable_hours, 40 as available_hours"
        )


def listed(text: str) -> list[list[str]]:
    """Return the cells of the list's rows."""
    body = text.split("<tbody>")[1].split("</tbody>")[0] if "<tbody>" in text else ""
    cells = (re.findall(r"<td[^>]*>(.*?)</td>", row, flags=re.S) for row in body.split("</tr>"))
    return [[unescape(re.sub(r"<[^>]*>", "", cell)) for cell in row] for row in cells if row]


def test_clients_are_one_row_each_with_what_is_owed(mia: Browser) -> None:
    text = mia.get("/clients").text
    assert listed(text) == [
        ["Åland", "South", "1", "–", "900.00", "–", "EUR", "0"],
        ["Clyde", "North", "2", "1", "350.00", "250.00", "EUR", "0"],
    ]
    assert 'href="/clients/C1"' in text
    assert [row[0] for row in listed(mia.get("/clients?sort=overdue").text)] == ["Clyde", "Åland"]
    assert [row[0] for row in listed(mia.get("/clients?q=a2").text)] == ["Clyde"]


@pytest.mark.parametrize("q", ["ÅLAND", "åland", "Ål"])
def test_names_are_found_in_any_case_beyond_ascii(mia: Browser, q: str) -> None:
    assert [row[0] for row in listed(mia.get(f"/clients?q={q}").text)] == ["Åland"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["Alster", "Zürich Harbour", "Lost One", "Won One"]),
        ("?sort=name", ["Alster", "Lost One", "Won One", "Zürich Harbour"]),
        ("?status=won", ["Won One"]),
        ("?stage=Proposal&q=ZÜRICH", ["Zürich Harbour"]),
        ("?stage=unheard", []),
    ],
)
def test_deals_are_filtered_and_ordered_by_the_address(mia: Browser, query: str, shown: list[str]) -> None:
    text = mia.get(f"/deals{query}").text
    assert [row[0] for row in listed(text)] == shown
    assert ("Nothing fits these filters." in text) is not shown


def test_people_come_fifty_at_a_time_and_the_filters_stay(mia: Browser) -> None:
    first = mia.get("/people").text
    assert len(listed(first)) == 50
    assert "1 to 50 of 60" in first
    assert "?start=50" in first
    rest = mia.get("/people?start=50").text
    assert [row[1] for row in listed(rest)] == [f"E{n:02d}" for n in range(9, -1, -1)]
    assert "51 to 60 of 60" in rest
    assert 'href="/people?start=0"' in rest
    analysts = mia.get("/people?role=Analyst&sort=busy").text
    assert len(listed(analysts)) == 30
    assert listed(analysts)[0][1] == "E08"
    assert listed(analysts)[0][-1] == "90.0%"


def test_lists_lead_to_each_other_and_people_are_for_who_may_see_them(console: Console, mia: Browser) -> None:
    paths = ("/projects", "/clients", "/deals", "/people")
    tabs = mia.get("/deals").text.split('class="tabs"')[1].split("</nav>")[0]
    assert re.findall(r'href="([^"]+)"', tabs) == list(paths)
    ann = console.browser("ann")
    assert "/people" not in ann.get("/deals").text
    assert [ann.get(path).status_code for path in paths] == [200, 200, 200, 403]
    assert [console.browser("adam").get(path).status_code for path in paths] == [403] * 4


@pytest.mark.parametrize("path", ["/clients?sort=unheard", "/deals?start=-1", f"/people?role={'x' * 201}"])
def test_an_invalid_list_query_is_reported(mia: Browser, path: str) -> None:
    assert mia.get(path).status_code == 400


def test_the_search_leads_to_the_whole_list(mia: Browser) -> None:
    text = mia.get("/search?q=person").text
    assert 'People <span class="count">60</span>' in text
    assert 'href="/people?q=person"' in text
