"""Every route, of pages and API, × role × scope: who gets in, what they see, and that nothing else shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from httpx import Response
from starlette.routing import Mount

from leadline.access.permissions import ABOUT_PEOPLE, GRANTED, ROLES
from leadline.access.users import User, sees
from leadline.app.console.application import make_application
from leadline.kernel.findings import ScoredException
from leadline.queue.store import Store
from tests.support.console import Browser, Console, Program, console_on, everyone, exceptions, routes_of
from tests.support.console_warehouse import publish_firm
from tests.support.narratives import read

# Route -> the permission it needs; "" only a session, None nothing.
NEEDS: dict[str, str | None] = {
    "GET /": "",
    "GET /log-in": None,
    "POST /log-in": None,
    "GET /log-in/provider": None,
    "GET /log-in/provider/back": None,
    "POST /log-out": None,
    "GET /first-admin": None,
    "POST /first-admin": None,
    "GET /set-password": None,
    "POST /set-password": None,
    "GET /account": "",
    "POST /account/password": "",
    "POST /account/language": "",
    "GET /worklist": "see_queue",
    "GET /worklist/export.csv": "export",
    "GET /worklist/export.xlsx": "export",
    "GET /exceptions/{external_id}": "see_queue",
    "POST /exceptions/{external_id}/take": "decide",
    "POST /exceptions/{external_id}/decide": "decide",
    "POST /exceptions/{external_id}/assign": "reassign",
    "POST /exceptions/{external_id}/undo": "decide",
    "GET /capacity": "see_queue",
    "GET /staffing": "see_personal_data",
    "GET /leakage": "see_warehouse",
    "GET /search": "",
    "GET /overview": "see_warehouse",
    "GET /projects": "see_warehouse",
    "GET /projects/{project_id}": "see_warehouse",
    "GET /clients": "see_warehouse",
    "GET /clients/{client_id}": "see_warehouse",
    "GET /deals": "see_warehouse",
    "GET /deals/{opportunity_id}": "see_warehouse",
    "GET /people": "see_personal_data",
    "GET /people/{person_id}": "see_warehouse",
    "GET /controls": "see_warehouse",
    "GET /controls/data": "see_warehouse",
    "GET /controls/hand-offs": "see_warehouse",
    "GET /capacity/export.csv": "export",
    "GET /controls/export.csv": "export",
    "GET /controls/data/export.csv": "export",
    "GET /controls/hand-offs/export.csv": "export",
    "GET /leakage/export.csv": "export",
    "GET /overview/export.csv": "export",
    "GET /projects/export.csv": "export",
    "GET /clients/export.csv": "export",
    "GET /deals/export.csv": "export",
    "GET /people/export.csv": "export",
    "GET /projects/{project_id}/export.csv": "export",
    "GET /audit": "see_audit",
    "GET /audit/export.csv": "see_audit",
    "GET /models": "see_models",
    "GET /models/{score}": "see_models",
    "GET /users": "manage_users",
    "POST /users/add": "manage_users",
    "POST /users/change": "manage_users",
    "POST /users/disable": "manage_users",
    "POST /users/enable": "manage_users",
    "POST /users/code": "manage_users",
}
# The same of the API; "" any valid token.
API_NEEDS = {
    "GET /me": "",
    "GET /worklist": "see_queue",
    "GET /exceptions/{external_id}": "see_queue",
    "GET /metrics": "see_queue",
    "POST /exceptions/{external_id}/take": "decide",
    "POST /exceptions/{external_id}/decide": "decide",
    "POST /exceptions/{external_id}/assign": "reassign",
    "POST /exceptions/{external_id}/undo": "decide",
}
BODIES: dict[str, dict[str, object]] = {"decide": {"verdict": "dismissed", "reason_code": "not_true"}}
GUARDED = [route for route, needed in NEEDS.items() if needed is not None]
SCOPES = ("all", "de", "fr", "nl")
LOGINS = [f"{role}-{scope}" for role in ROLES for scope in SCOPES]
FOUND = exceptions()
# Ids of records that do not exist.
NOBODY = dict.fromkeys(("project_id", "client_id", "opportunity_id", "person_id", "score"), "none")


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    path = tmp_path_factory.mktemp("console") / "ops.db"
    with Store(f"sqlite:///{path}") as store:
        made = console_on(store)
        made.warehouse = path.parent / "warehouse"
        publish_firm(made.warehouse)
        everyone(made)
        store.upsert(FOUND, at=made.clock.at)
        yield made


def test_the_matrix_names_every_route(console: Console) -> None:
    application = make_application(console.access, now=console.clock.now)
    assert routes_of(application.routes) == set(NEEDS)
    (api,) = [one.app for one in application.routes if isinstance(one, Mount) and isinstance(one.app, FastAPI)]
    assert routes_of(api.routes) == set(API_NEEDS)
    assert set(API_NEEDS) == {
        f"{method.upper()} {path}" for path, operations in api.openapi()["paths"].items() for method in operations
    }


@pytest.mark.parametrize("login", LOGINS)
def test_a_route_is_for_tokens_whose_users_role_the_table_names(console: Console, login: str) -> None:
    program, nobody, may = console.program(login), console.program(), GRANTED[login.split("-")[0]]
    entered = {
        route: 404 if "{" in route else 200 for route, needed in API_NEEDS.items() if not needed or needed in may
    }
    assert {route: _asked(program, route) for route in API_NEEDS} == dict.fromkeys(API_NEEDS, 403) | entered
    assert {route: _asked(nobody, route) for route in API_NEEDS} == dict.fromkeys(API_NEEDS, 401)


def _asked(program: Program, route: str) -> int:
    method, path = route.split()
    path = path.format(external_id="0" * 16)
    body = {"version": 1} | BODIES.get(path.rsplit("/", 1)[1], {})
    return (program.get(path) if method == "GET" else program.post(path, **body)).status_code


@pytest.mark.parametrize("login", LOGINS)
def test_the_api_tells_rows_figures_and_sums_within_scope_only(console: Console, login: str) -> None:
    user = next(user for user in console.access.users() if user.login == login)
    if not user.may("see_queue"):
        return
    program = console.program(login)
    visible = [one for one in FOUND if _sees(user, one)]
    hidden = [one for one in FOUND if one not in visible]
    pages = [program.get("/worklist", **query) for query in ({}, {"state": "all"}, {"tab": "mine"}, {"limit": 1})]
    assert {item["external_id"] for item in pages[0].json()["items"]} == {one.external_id for one in visible}
    worth = [sum(float(one.expected_value) for one in visible)] if visible else []
    assert [one["expected_value"] for one in pages[3].json()["sums"]] == worth
    measured = {one["score"]: one["waiting"] for one in program.get("/metrics").json()}
    assert measured == dict(Counter(one.finding.score for one in visible))
    for one in visible:
        pages.append(program.get(f"/exceptions/{one.external_id}"))
        assert pages[-1].status_code == 200
    for one in hidden:
        pages.append(program.get("/worklist", q=one.finding.object_id, state="all"))
        pages.append(program.get(f"/exceptions/{one.external_id}"))
        assert pages[-1].status_code == 404
        for action in _deeds(user):
            body = {"version": 1} | BODIES.get(action, {})
            pages.append(program.post(f"/exceptions/{one.external_id}/{action}", **body))
            assert pages[-1].status_code == 404
    leaked = [read(one.finding.title) for one in hidden for page in pages if read(one.finding.title) in page.text]
    assert leaked == []


def _sees(user: User, one: ScoredException) -> bool:
    found = one.finding
    return sees(user, found.legal_entity_id) and (user.may("see_personal_data") or found.score not in ABOUT_PEOPLE)


def _deeds(user: User) -> list[str]:
    actions = ["take", "decide", "undo"] if user.may("decide") else []
    return actions + (["assign"] if user.may("reassign") else [])


def test_without_a_session_every_page_leads_to_the_log_in(console: Console) -> None:
    browser = console.browser()
    answers = {route: _opened(browser, route, FOUND[0].external_id) for route in GUARDED}
    told = {route: (one.status_code, one.headers["location"].split("?")[0]) for route, one in answers.items()}
    assert told == dict.fromkeys(GUARDED, (303, "/log-in"))
    assert [route for route, answer in answers.items() if "About" in answer.text] == []


@pytest.mark.parametrize("login", LOGINS)
def test_a_page_is_for_those_whose_role_the_table_names(console: Console, login: str) -> None:
    # Nothing is there: who gets in gets 404 or 400, and changes nothing. After logging out there is nothing to ask.
    browser, routes = console.browser(login), sorted(GUARDED, key=lambda route: route == "POST /log-out")
    statuses = {route: _opened(browser, route, "0" * 16).status_code for route in routes}
    may = GRANTED[login.split("-")[0]]
    assert {route for route, status in statuses.items() if status == 403} == {
        route for route, needed in NEEDS.items() if needed and needed not in may
    }
    assert {route: status for route, status in statuses.items() if status >= 500} == {}


def _opened(browser: Browser, route: str, external_id: str) -> Response:
    method, path = route.split()
    path = path.format(external_id=external_id, **NOBODY)
    return browser.get(path) if method == "GET" else browser.post(path)


@pytest.mark.parametrize("login", LOGINS)
def test_a_row_is_shown_within_scope_only_and_is_404_beyond(console: Console, login: str) -> None:
    user = next(user for user in console.access.users() if user.login == login)
    browser = console.browser(login)
    if not user.may("see_queue"):
        assert browser.get("/worklist").status_code == 403
        return
    shown = {one.external_id: read(one.finding.title) for one in FOUND if _sees(user, one)}
    listed = [browser.get(f"/worklist{query}").text for query in ("", "?state=all", "?tab=mine")]
    exported = browser.get("/worklist/export.csv?state=all").text if user.may("export") else ""
    for one in FOUND:
        external_id, title = one.external_id, read(one.finding.title)
        page = browser.get(f"/exceptions/{external_id}")
        assert (page.status_code, title in page.text) == ((200, True) if external_id in shown else (404, False))
        asked = (f"?q={one.finding.object_id}", f"?done={external_id}&tab=mine")
        pages = [*listed, exported, *(browser.get(f"/worklist{query}").text for query in asked)]
        assert external_id in shown or not [text for text in pages if title in text]
        if external_id not in shown:
            fields = {"version": "1", "verdict": "dismissed", "reason_code": "not_true"}
            actions = [f"/exceptions/{external_id}/{action}" for action in _deeds(user)]
            assert {browser.post(action, **fields).status_code for action in actions} <= {404}
    for text in [listed[0], exported] if exported else listed[:1]:
        assert [title for title in shown.values() if title not in text] == []


@pytest.mark.parametrize(
    ("login", "count", "expected", "entities"),
    [
        ("operator-all", 8, "20,000", True),
        ("operator-de", 2, "2,000", False),
        ("analyst-all", 4, "10,000", True),
        ("analyst-de", 1, "1,000", False),
    ],
)
def test_counts_totals_and_filters_hold_no_more_than_the_rows_in_scope(
    console: Console, login: str, count: int, expected: str, entities: bool
) -> None:
    text = console.browser(login).get("/worklist").text
    assert f'Team <span class="count">{count}</span>' in text
    assert f'<strong class="money">{expected}</strong> USD' in text
    assert text.count('<tr data-href="') == count
    assert ('<option value="FR"' in text) is entities
    assert ('<option value="time_expense_anomaly"' in text) is login.startswith("operator")


def test_what_is_out_of_scope_answers_as_what_does_not_exist(console: Console) -> None:
    browser = console.browser("operator-de")
    foreign = next(one for one in FOUND if one.finding.legal_entity_id == "FR").external_id
    texts = {browser.get(f"/exceptions/{name}").text for name in (foreign, "f" * 16)}
    assert len({text.replace(foreign, "f" * 16) for text in texts}) == 1


def test_an_action_out_of_scope_leaves_no_trace(console: Console) -> None:
    before = console.store.verify().entries
    browser = console.browser("operator-de")  # its log-in is one entry
    foreign = next(one for one in FOUND if one.finding.legal_entity_id is None).external_id
    browser.post(f"/exceptions/{foreign}/take", version="1")
    assert console.store.verify().entries == before + 1
    assert console.store.get(foreign).state == "open"
