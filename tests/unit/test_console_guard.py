"""Request guards for every page: cookies, security headers, CSRF, and error pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from leadline.access.login_throttle import MAX_ATTEMPTS
from leadline.app.console.application import make_application
from leadline.app.console.guard import local_path
from leadline.app.console.size import MOST_BYTES
from leadline.kernel.errors import BusyError, HomeError
from leadline.queue.store import Store
from leadline.queue.worklist import Worklist
from tests.support.access import PASSWORD, somebody
from tests.support.console import Console, console_on
from tests.support.queue import AT, drawn

NEW = "another donkey entirely"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        yield console_on(store)


def test_log_in_by_the_form_and_out_again(console: Console) -> None:
    somebody(console.access)
    browser = console.browser()
    answer = browser.post("/log-in", login=" Ana ", password=PASSWORD, then="/worklist?tab=mine")
    assert (answer.status_code, answer.headers["location"]) == (303, "/worklist?tab=mine")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("leadline-session="))
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=lax"}
    assert browser.get("/worklist").status_code == 200
    token = browser.client.cookies["leadline-session"]
    assert browser.post("/log-out").headers["location"] == "/log-in"
    assert console.access.user_of_session(token, at=console.clock.at) is None
    assert browser.get("/worklist").status_code == 303


def test_a_log_in_always_starts_a_new_session(console: Console) -> None:
    somebody(console.access)
    browser = console.browser()
    browser.client.cookies.set("leadline-session", "chosen-by-somebody-else")
    browser.post("/log-in", login="ana", password=PASSWORD)
    assert console.access.user_of_session("chosen-by-somebody-else", at=console.clock.at) is None


def test_a_failed_log_in_does_not_say_what_was_wrong(console: Console) -> None:
    somebody(console.access)
    texts = []
    for login in ("ana", "unknown"):
        answer = console.browser().post("/log-in", login=login, password="wrong and long enough")  # noqa: S106
        assert answer.status_code == 401
        texts.append(re.sub(f'value="({login}|[0-9a-f]{{64}})"', "", answer.text))
    assert texts[0] == texts[1]
    assert "Invalid login or password" in texts[0]


def test_too_many_tries_are_429(console: Console) -> None:
    somebody(console.access)
    browser = console.browser()
    answers = [browser.post("/log-in", login="ana", password="wrong") for _ in range(MAX_ATTEMPTS + 1)]  # noqa: S106
    assert [answer.status_code for answer in answers] == [401] * MAX_ATTEMPTS + [429]
    assert "Try again in 15 minutes" in answers[-1].text


def test_elsewhere_than_on_this_machine_cookies_demand_https(console: Console) -> None:
    somebody(console.access)
    application = make_application(console.access, now=console.clock.now, is_local=False)
    client = TestClient(application, follow_redirects=False, base_url="https://leadline.example")
    page = client.get("/log-in")
    assert page.headers["set-cookie"].startswith("__Host-leadline-visitor=")
    csrf = page.text.split('name="csrf" value="')[1][:64]
    answer = client.post("/log-in", data={"csrf": csrf, "login": "ana", "password": PASSWORD})
    cookie = next(value for value in answer.headers.get_list("set-cookie") if "-session=" in value)
    assert cookie.startswith("__Host-leadline-session=")
    assert {"Secure", "HttpOnly"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.parametrize("path", ["/log-in", "/worklist", "/nothing", "/static/console.css", "/users"])
def test_every_answer_carries_the_headers(console: Console, path: str) -> None:
    somebody(console.access)
    headers = console.browser("ana").get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


def test_a_broken_page_carries_them_too(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody(console.access)
    browser = console.browser("ana")
    monkeypatch.setattr(Worklist, "listing", lambda *_, **__: 1 / 0)
    answer = browser.get("/worklist")
    assert (answer.status_code, "Internal error" in answer.text) == (500, True)
    assert "ZeroDivision" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("raised", "status"), [(BusyError("The ops store is locked."), 503), (HomeError("No disk at /secret."), 500)]
)
def test_a_failing_store_is_reported_without_details(
    console: Console, monkeypatch: pytest.MonkeyPatch, raised: Exception, status: int
) -> None:
    somebody(console.access)
    browser = console.browser("ana")

    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(Worklist, "listing", fail)
    answer = browser.get("/worklist")
    assert (answer.status_code, "/secret" in answer.text) == (status, False)


@pytest.mark.parametrize("sent", [None, "", "0" * 64, "ä"])
def test_a_post_without_the_pages_token_is_refused(console: Console, sent: str | None) -> None:
    somebody(console.access)
    console.store.upsert([drawn(legal_entity_id="DE")], at=console.clock.at)
    browser = console.browser("ana")
    fields = {"version": "1", "verdict": "dismissed", "reason_code": "not_true"} | ({"csrf": sent} if sent else {})
    for path in (f"/exceptions/{drawn().external_id}/decide", "/log-out", "/account/password"):
        assert browser.client.post(path, data=fields).status_code == 403
    assert console.store.get(drawn().external_id).state == "open"
    assert browser.get("/worklist").status_code == 200


def test_the_token_of_one_session_is_of_no_use_to_another(console: Console) -> None:
    somebody(console.access, "ana")
    somebody(console.access, "eve")
    csrf = console.browser("eve").csrf()
    assert console.browser("ana").client.post("/log-out", data={"csrf": csrf}).status_code == 403


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("/worklist?tab=mine", "/worklist?tab=mine"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("/a\nSet-Cookie: x", "/"),
        ("/\t/evil.example", "/"),
    ],
)
def test_after_log_in_one_stays_on_this_console(given: str, used: str) -> None:
    assert local_path(given) == used


def test_a_session_that_is_over_leads_to_the_log_in_and_back(console: Console) -> None:
    somebody(console.access)
    browser = console.browser("ana")
    console.clock.at += timedelta(hours=1)
    answer = browser.get("/worklist?tab=breached")
    assert answer.headers["location"] == "/log-in?then=%2Fworklist%3Ftab%3Dbreached"
    assert browser.get("/worklist", **{"HX-Request": "true"}).headers["hx-redirect"] == "/log-in"
    again = browser.post("/log-in", login="ana", password=PASSWORD, then="/worklist?tab=breached")
    assert again.headers["location"] == "/worklist?tab=breached"


def test_a_disabled_user_is_out_with_the_next_click(console: Console) -> None:
    somebody(console.access)
    browser = console.browser("ana")
    assert browser.get("/worklist").status_code == 200
    console.access.disable("ana", actor="ada", at=console.clock.at)
    assert browser.get("/worklist").status_code == 303


def test_the_first_admin_comes_in_by_the_code_and_the_page_closes_behind(console: Console) -> None:
    browser = console.browser()
    assert "/first-admin" in browser.get("/log-in").text
    code = console.access.first_admin_code(actor="shell", at=console.clock.at)
    assert browser.post("/first-admin", code="guess", login="ada", password=PASSWORD).status_code == 400
    assert "Expected" in browser.post("/first-admin", code=code, login="ada", password="easy").text  # noqa: S106
    answer = browser.post("/first-admin", code=code, login="ada", password=PASSWORD)
    assert answer.headers["location"] == "/users"
    assert "ada" in browser.get("/users").text
    assert browser.get("/").headers["location"] == "/users"
    stranger = console.browser()
    assert stranger.get("/first-admin").status_code == 404
    assert stranger.post("/first-admin", code=code, login="eve", password=PASSWORD).status_code == 404


def test_a_user_comes_in_by_a_code_of_an_admin_and_changes_the_password(console: Console) -> None:
    somebody(console.access, "ada", "admin")
    admin = console.browser("ada")
    added = admin.post("/users/add", login="ben", role=["operator", "analyst"], scope="some", legal_entities="DE\nFR")
    code = added.text.split('class="secret">')[1].split("<")[0]
    browser = console.browser()
    assert browser.post("/set-password", code=code, password="easy").status_code == 400  # noqa: S106
    assert browser.post("/set-password", code=code, password=PASSWORD).headers["location"] == "/"
    assert browser.get("/").headers["location"] == "/worklist"
    assert "DE, FR" in browser.get("/account").text
    assert browser.post("/account/password", old="wrong", new=NEW).status_code == 400
    assert "is changed" in browser.post("/account/password", old=PASSWORD, new=NEW).text
    assert browser.get("/worklist").status_code == 200
    assert console.access.log_in("ben", NEW, at=console.clock.at)
    assert code not in admin.get("/users").text


def test_an_admin_changes_disables_and_enables_but_not_themself(console: Console) -> None:
    somebody(console.access, "ada", "admin")
    somebody(console.access, "ben")
    admin = console.browser("ada")
    assert admin.post("/users/disable", login="ada").status_code == 400
    assert admin.post("/users/change", login="ben", role=[], scope="all").status_code == 400
    assert admin.post("/users/change", login="ben", role=["auditor"], scope="some").status_code == 400
    assert admin.post("/users/add", login="<b>", role=["auditor"], scope="all").status_code == 400
    assert admin.post("/users/code", login="unknown").status_code == 400
    assert admin.post("/users/change", login="ben", role=["auditor"], scope="all", person_id="P-1").status_code == 200
    assert admin.post("/users/disable", login="ben").status_code == 200
    ben = next(user for user in console.access.users() if user.login == "ben")
    assert (ben.roles, ben.legal_entities, ben.person_id) == (("auditor",), None, "P-1")
    assert ben.disabled_at is not None
    assert admin.post("/users/enable", login="ben").status_code == 200
    assert console.access.faults() == []


@pytest.mark.parametrize(
    "path", ["/docs", "/openapi.json", "/redoc", "/static/../application.py", "/static/%2e%2e/application.py"]
)
def test_nothing_else_is_served(console: Console, path: str) -> None:
    somebody(console.access)
    answer = console.browser("ana").get(path)
    assert (answer.status_code, "Not found" in answer.text) == (404, True)


def test_a_request_that_is_too_long_is_refused_and_changes_nothing(console: Console) -> None:
    somebody(console.access)
    console.store.upsert([drawn()], at=AT)
    path, long = f"/exceptions/{drawn().external_id}/decide", "x" * MOST_BYTES
    form = console.browser("ana").post(path, version="1", verdict="dismissed", reason_code="not_true", note=long)
    assert (form.status_code, "1 MiB" in form.text) == (413, True)
    body = {"version": 1, "verdict": "dismissed", "reason_code": "not_true", "note": long}
    told = console.program("ana").post(path, **body)
    assert (told.status_code, told.json()["type"]) == (413, "urn:leadline:problem:too-long")
    assert [one.state for one in console.store.list_()] == ["open"]
