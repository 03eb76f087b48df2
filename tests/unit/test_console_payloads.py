"""Sixty hostile texts in every field of every form, address and request: none is executed, none is a 500."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from httpx import Response

from leadline.queue.decisions import Verdict
from leadline.queue.store import Store
from leadline.warehouse.formula_text import is_formula
from tests.support.access import somebody
from tests.support.console import Console, console_on
from tests.support.payloads import PAYLOADS, everywhere
from tests.support.queue import AT, drawn

ONE = drawn().external_id
HOME = "/worklist"
# Form -> its fields, with what else it needs to be looked at at all.
FORMS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "/log-in": (("login", "password", "then"), {}),
    "/first-admin": (("code", "login", "password"), {}),
    "/set-password": (("code", "password"), {}),
    "/account/password": (("old", "new"), {}),
    f"/exceptions/{ONE}/take": (("version", "back"), {"version": "2"}),
    f"/exceptions/{ONE}/decide": (
        ("version", "verdict", "reason_code", "note", "value_recovered", "days", "back"),
        {"version": "2", "verdict": "confirmed", "reason_code": "billed"},
    ),
    f"/exceptions/{ONE}/assign": (("version", "to", "back"), {"version": "2"}),
    f"/exceptions/{ONE}/undo": (("back",), {}),
    "/users/add": (("login", "role", "scope", "legal_entities", "person_id"), {"scope": "some", "role": "analyst"}),
    "/users/change": (("login", "role", "scope", "legal_entities", "person_id"), {"login": "ben", "role": "analyst"}),
    "/users/disable": (("login",), {}),
    "/users/enable": (("login",), {}),
    "/users/code": (("login",), {}),
}
QUERIES = {
    "/worklist": ("tab", "score", "state", "owner", "legal_entity", "q", "after", "done"),
    "/worklist/export.csv": ("tab", "score", "state", "owner", "legal_entity", "q"),
    "/worklist/export.xlsx": ("owner", "q"),
    f"/exceptions/{ONE}": ("back",),
    "/log-in": ("then",),
}
API_QUERIES = ("tab", "score", "state", "owner", "legal_entity", "q", "after", "limit")
API_BODIES: dict[str, dict[str, object]] = {
    "take": {"version": 2},
    "decide": {"version": 2, "verdict": "dismissed", "reason_code": "not_true", "note": "x"},
    "assign": {"version": 2, "to": "ben"},
    "undo": {"version": 2},
}


@pytest.fixture(params=[text for _, text in PAYLOADS], ids=[name for name, _ in PAYLOADS])
def payload(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def console(tmp_path: Path, payload: str) -> Iterator[Console]:
    """A console whose store holds the text everywhere, in two versions, with a decision and a user."""
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        made = console_on(store)
        somebody(made.access, "ada", "admin", "manager", person_id=payload.replace("\x00", ""))
        somebody(made.access, "ben")
        one, other = everywhere(payload), drawn("INV-2", legal_entity_id="DE")
        store.upsert([one, other], at=AT)
        store.upsert([replace(one, owner=payload + "!"), other], at=AT)
        yield made


def test_there_are_sixty() -> None:
    assert len({text for _, text in PAYLOADS}) == 60


def test_no_form_and_no_address_executes_it_or_breaks(console: Console, payload: str) -> None:
    browser = console.browser("ada")
    stranger = console.browser()
    for path, (names, other) in FORMS.items():
        for name in names:
            sender = stranger if path in ("/log-in", "/first-admin", "/set-password") else browser
            _is_harmless(sender.post(path, **(other | {name: payload})))
    for path, names in QUERIES.items():
        for name in names:
            _is_harmless(browser.client.get(path, params={name: payload}))
    for name in ("User-Agent", "Referer", "X-Forwarded-Proto", "HX-Request", "Cookie", "Accept-Language"):
        value = payload.replace("\r", "").replace("\n", "").replace("\x00", "").encode()
        _is_harmless(browser.client.get(HOME, headers={name: value}))
    console.store.verify()


def test_no_page_that_shows_it_executes_it(console: Console, payload: str) -> None:
    spoken = Verdict("snoozed", "not_now", "ben", note=payload.replace("\x00", ""))
    console.store.decide(ONE, spoken, at=AT)
    browser = console.browser("ada")
    stale = {"version": "1", "verdict": "dismissed", "reason_code": "not_true", "note": payload}
    shown = [browser.get(path) for path in ("/worklist?state=all", f"/exceptions/{ONE}", "/users", "/account")]
    assert [page.status_code for page in shown] == [200] * 4
    for page in (*shown, browser.post(f"/exceptions/{ONE}/decide", **stale)):
        _is_harmless(page)


def test_no_route_of_the_api_breaks_on_it_and_what_it_tells_is_json(console: Console, payload: str) -> None:
    program = console.program("ada")
    for name in API_QUERIES:
        _is_json(program.get("/worklist", **{name: payload}))
    for name in ("%00", "..%2f..%2fetc", "%0d%0a", "a" * 5000):
        _is_json(program.get(f"/exceptions/{name}"))
    for action, body in API_BODIES.items():
        for name in body:
            _is_json(program.post(f"/exceptions/{ONE}/{action}", **(body | {name: payload})))
        _is_json(program.post(f"/exceptions/{ONE}/{action}", **body, **{payload: payload}))
    header = payload.replace("\r", "").replace("\n", "").replace("\x00", "").encode()
    for name in ("Idempotency-Key", "Authorization", "Content-Type", "Cookie"):
        headers = program.headers() | {"Idempotency-Key": "k", "Content-Type": "application/json"}
        sent = {key: value.encode() for key, value in headers.items()} | {name: header}
        answer = program.client.post(f"/api/v1/exceptions/{ONE}/take", content=b'{"version": 2}', headers=sent)
        _is_json(answer)
    assert program.get(f"/exceptions/{ONE}").json()["exception"]["title"] == payload
    console.store.verify()


def test_no_export_holds_it_as_a_formula_or_as_a_row_of_its_own(console: Console) -> None:
    browser = console.browser("ada")
    written = browser.get("/worklist/export.csv?state=all").content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(written, newline="")))
    assert len(lines) == 3
    titles = [line[lines[0].index(name)] for line in lines[1:] for name in ("title", "narrative", "owner", "reasons")]
    assert [text for text in titles if is_formula(text)] == []
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/worklist/export.xlsx?state=all").content))
    cells = [cell for line in book.active.iter_rows() for cell in line]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert book.active.max_row == 3


def _is_json(answer: Response) -> None:
    assert answer.status_code < 500, answer.text
    assert answer.headers["content-type"] in ("application/json", "application/problem+json")
    json.loads(answer.text)
    _has_our_headers(answer)


def _has_our_headers(answer: Response) -> None:
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "stolen" not in str(answer.headers.get("set-cookie", ""))
    assert "evil.example" not in answer.headers.get("location", "").split("?")[0]


def _is_harmless(answer: Response) -> None:
    """Read a page as a browser does: its elements and attributes are those of the templates, not of the data."""
    assert answer.status_code < 500, answer.text
    _has_our_headers(answer)
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return
    _Reader().feed(answer.text)
    for steering in ("\x00", "\x1b", "\x07", "\u202e", "\u2066"):
        assert steering not in answer.text
    assert ">49<" not in answer.text
    assert "root:" not in answer.text


class _Reader(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag not in ("iframe", "base", "style", "object", "embed", "svg", "math"), tag
        assert tag != "script" or str(given["src"]).startswith("/static/")
        assert tag != "meta" or "http-equiv" not in given
        assert tag != "img" or str(given["src"]).startswith("/static/")
        assert [name for name in given if name.startswith("on") or name == "style"] == []
        for name in ("href", "action", "hx-get", "data-href", "src"):
            value = str(given.get(name, "/"))
            assert value.startswith(("/", "#")), value
            assert not value.startswith(("//", "/\\")), value
