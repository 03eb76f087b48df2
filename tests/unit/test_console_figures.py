"""The pages of the warehouse: everybody sees their own legal entities' rows, and costs and persons only if they may."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline.access.permissions import ROLES
from leadline.access.warehouse_scope import WarehouseScope, selects_of, warehouse_scope_of
from leadline.app.console.warehouse import NothingPublished, PublishedWarehouse, ScopedSnapshot
from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.console import ENTITIES, Console, console_on, everyone
from tests.support.console_warehouse import COST, mark, publish_firm
from tests.support.queue import drawn

SCOPES = ("all", "de", "fr", "nl")
LOGINS = [f"{role}-{scope}" for role in ROLES for scope in SCOPES]
# Page of one record -> the column that names it.
RECORDS = {"/projects": "project_id", "/clients": "client_id", "/deals": "opportunity_id", "/people": "person_id"}
LISTS = (
    "/projects",
    "/projects?q=z&start=0",
    "/clients",
    "/deals",
    "/people",
    "/controls",
    "/controls/data",
    "/controls/hand-offs",
    "/leakage",
    "/overview",
)
COSTS_SHOWN = re.compile(r"86[,.]?427|86\.4 ?%|0\.86427")


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    publish_firm(folder / "warehouse")
    with Store(f"sqlite:///{folder / 'ops.db'}") as store:
        made = console_on(store)
        made.warehouse = folder / "warehouse"
        everyone(made)
        yield made


@pytest.fixture(scope="module")
def warehouse(console: Console) -> PublishedWarehouse:
    return PublishedWarehouse(console.warehouse)


@pytest.mark.parametrize("login", LOGINS)
def test_pages_hold_rows_of_the_users_legal_entities_only(console: Console, login: str) -> None:
    user = next(user for user in console.access.users() if user.login == login)
    browser = console.browser(login)
    if not user.may("see_warehouse"):
        assert {browser.get(path).status_code for path in LISTS} == {403}
        return
    mine = [one for one in ENTITIES if user.legal_entities is None or one in user.legal_entities]
    texts = [browser.get(path).text for path in LISTS]
    for path, column in RECORDS.items():
        for entity in ENTITIES:
            answer = browser.get(f"{path}/{column}-{mark(entity)}")
            is_there = entity in mine and (path != "/people" or user.may("see_personal_data"))
            assert answer.status_code == (200 if is_there else 404), (path, entity)
            texts += [answer.text] if is_there else []
    for entity in ENTITIES:
        holding = [mark(entity) in text for text in texts]
        assert any(holding) is (entity in mine), entity
    shown = " ".join(texts)
    assert bool(COSTS_SHOWN.search(shown)) is user.may("see_cost_rates")
    assert ("person-z" in shown) is user.may("see_personal_data")


@pytest.mark.parametrize("login", LOGINS)
def test_no_table_gives_a_row_out_of_scope_a_cost_or_a_person_to_those_who_may_not(
    console: Console, warehouse: PublishedWarehouse, login: str
) -> None:
    user = next(user for user in console.access.users() if user.login == login)
    snapshot = warehouse.open(user)
    mine = [one for one in ENTITIES if user.legal_entities is None or one in user.legal_entities]
    hidden = [mark(one) for one in ENTITIES if one not in mine or not user.may("see_warehouse")]
    for table in snapshot.views.columns:
        if table not in _there(snapshot):
            continue
        rows = snapshot.rows(f'select * from "{table}"')
        text = str(rows)
        assert [one for one in hidden if one in text] == [], table
        if not user.may("see_cost_rates"):
            assert COST not in text, table
        if not user.may("see_personal_data"):
            assert [row for row in rows if row.get("person_id")] == [], table


def _there(snapshot: ScopedSnapshot) -> set[str]:
    found = snapshot.rows("select view_name from duckdb_views() where schema_name = current_schema()")
    return {row["view_name"] for row in found}


def test_an_exception_and_its_project_and_client_lead_to_each_other(console: Console) -> None:
    ids = {name: f"{name}-{mark('DE')}" for name in ("project_id", "account_id")}
    one = drawn("INV-1", title="About one", legal_entity_id="DE", **ids)
    console.store.upsert([one], at=console.clock.at)
    browser = console.browser("operator-de")
    there = browser.get(f"/exceptions/{one.external_id}").text
    paths = (f"/projects/{ids['project_id']}", f"/clients/{ids['account_id']}")
    assert [path for path in paths if f'href="{path}"' not in there] == []
    assert [path for path in paths if f'href="/exceptions/{one.external_id}' not in browser.get(path).text] == []


def test_a_change_awaiting_approval_is_on_its_project_and_a_decision_leads_back(
    console: Console,
) -> None:
    project = f"project_id-{mark('DE')}"
    one = drawn("INV-9", title="About nine", legal_entity_id="DE", project_id=project)
    console.store.upsert([one], at=console.clock.at)
    browser = console.browser("operator-de")
    page = browser.get(f"/projects/{project}").text
    waiting = page.split("<h2>Change orders awaiting approval")[1].split("</section>")[0]
    assert f"change_order_id-{mark('DE')}" in waiting
    back = f"/projects/{project}"
    assert "← Project" in browser.get(f"/exceptions/{one.external_id}?back={back}").text
    fields = {"version": "1", "verdict": "dismissed", "reason_code": "not_true"}
    answer = browser.post(f"/exceptions/{one.external_id}/decide", back=back, **fields)
    assert answer.headers["location"] == f"{back}?done={one.external_id}"
    assert "About nine</a>: dismissed" in browser.get(answer.headers["location"]).text


def test_a_table_that_is_not_declared_is_for_those_who_see_all() -> None:
    columns = {"something_new": {"amount": "DECIMAL(18,2)"}, "int_step": {"amount": "DECIMAL(18,2)"}}
    everything = selects_of(WarehouseScope(None, True, True), columns)
    some = selects_of(WarehouseScope(frozenset({"DE"}), True, True), columns)
    assert everything == {"something_new": 'select * from {whole}."something_new" where (true)'}
    assert some == {"something_new": 'select * from {whole}."something_new" where (false)'}


def test_a_legal_entity_whose_name_holds_quotes_and_braces_is_only_a_name(
    console: Console, warehouse: PublishedWarehouse
) -> None:
    somebody(console.access, "odd", "manager", legal_entities=("D'E} or true or '{",))
    user = next(user for user in console.access.users() if user.login == "odd")
    assert warehouse.open(user).rows("select * from core_project") == []


def test_before_the_first_publication_the_page_says_what_to_run(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        console = console_on(store)
        console.warehouse = tmp_path / "warehouse"
        user = somebody(console.access, "ana", "manager")
        browser = console.browser("ana")
        answer = browser.get("/projects")
        assert (answer.status_code, "leadline build" in answer.text) == (503, True)
        with pytest.raises(NothingPublished):
            PublishedWarehouse(None).open(user)
        publish_firm(tmp_path / "warehouse")
        assert browser.get("/projects").status_code == 200  # the same console, not started anew


def test_a_new_publication_is_followed_and_an_open_look_keeps_its_data(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        user = somebody(console_on(store).access, "ana", "manager")
        publish_firm(tmp_path / "warehouse", snapshot_id="first")
        warehouse = PublishedWarehouse(tmp_path / "warehouse")
        before = warehouse.open(user)
        publish_firm(tmp_path / "warehouse", snapshot_id="second")
        after = warehouse.open(user)
        assert (before.snapshot_id, after.snapshot_id) == ("first", "second")
        assert before.rows("select count(*) as n from core_project") == [{"n": 4}]
        assert warehouse_scope_of(user) == after.figures


def test_every_page_names_the_data_it_shows(console: Console) -> None:
    browser = console.browser("manager-all")
    for path in ("/projects", f"/projects/project_id-{mark('DE')}"):
        text = browser.get(path).text
        assert "2026-01-05 06:00" in text
        assert "2026-01-06 05:00" in text
        assert "Data firm" in text


def test_a_chart_is_data_that_no_text_can_break_out_of_beside_its_table(console: Console) -> None:
    text = console.browser("manager-all").get(f"/projects/project_id-{mark('DE')}").text
    blocks = re.findall(r'<script type="application/json">(.*?)</script>', text)
    specs = [json.loads(html.unescape(block)) for block in blocks]
    assert len(specs) == text.count("The same as a table") == 3
    assert specs[1]["encoding"]["y"]["axis"]["title"] == "Cost, EUR"
    assert all("expr" not in json.dumps(spec) for spec in specs)


@pytest.mark.parametrize("query", ["start=-1", "start=x", "start=99999999", f"q={'x' * 300}"])
def test_an_invalid_query_is_reported(console: Console, query: str) -> None:
    assert console.browser("manager-all").get(f"/projects?{query}").status_code == 400
