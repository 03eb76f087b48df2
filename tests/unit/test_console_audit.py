"""The page of the audit: everybody reads entries of what they may see, and a broken chain is told in clear words."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from leadline.queue.decisions import Verdict
from leadline.queue.holdout import HoldoutDraw, hold_back
from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.console import PEOPLE_SCORE, Console, console_on
from tests.support.queue import AT, drawn

DE, UK = drawn("INV-DE", legal_entity_id="DE"), drawn("INV-UK", legal_entity_id="UK")
PERSON = drawn("T-1", score=PEOPLE_SCORE, legal_entity_id="DE")


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}", checkpoints=tmp_path / "heads.jsonl") as store:
        made = console_on(store)
        somebody(made.access, "audra", "auditor")
        somebody(made.access, "deaudra", "auditor", legal_entities=("DE",))
        somebody(made.access, "adam", "admin")
        somebody(made.access, "mia", "manager")
        store.upsert([DE, UK, PERSON], at=AT)
        store.decide(UK.external_id, Verdict("confirmed", "prevented", "mia"), at=AT + timedelta(days=2))
        store.assign(DE.external_id, to="secret-person", by="mia", at=AT + timedelta(days=3))
        yield made


def entries(console: Console, login: str, query: str = "") -> list[dict[str, str]]:
    """Return the entries of a page, the facts as text."""
    page = console.browser(login).get(f"/audit{query}").text
    table = page.split('aria-label="Entries, the newest first">', 1)
    names = ("number", "at", "actor", "event", "exception", "facts", "hash")
    rows = re.findall(r"<tr>(.*?)</tr>", table[1].split("</table>")[0], re.DOTALL)[1:] if len(table) > 1 else []
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows]
    return [
        dict(zip(names, [html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in row], strict=True)) for row in cells
    ]


def whose(found: list[dict[str, str]]) -> set[str]:
    return {one["exception"] for one in found} - {"–"}


def test_entries_are_newest_first_with_who_did_what(console: Console) -> None:
    found = entries(console, "audra")
    numbers = [int(one["number"]) for one in found]
    assert numbers == sorted(numbers, reverse=True)
    assert whose(found) == {one.external_id for one in (DE, UK, PERSON)}
    assert [one["event"] for one in found if one["actor"] == "mia"] == ["assigned", "confirmed", "decided"]
    assert "secret-person" in next(one["facts"] for one in found if one["event"] == "assigned")


def test_an_auditor_of_one_legal_entity_reads_its_exceptions_and_their_own_actions(console: Console) -> None:
    found = entries(console, "deaudra")
    assert whose(found) == {DE.external_id, PERSON.external_id}
    assert {one["actor"] for one in found if one["exception"] == "–"} == {"deaudra"}
    assert entries(console, "deaudra", f"?exception={UK.external_id}") == []


def test_an_admin_reads_of_users_and_sessions_and_nothing_of_exceptions(console: Console) -> None:
    found = entries(console, "adam")
    assert whose(found) == set()
    assert {one["event"] for one in found} == {"user added", "logged in"}
    page = console.browser("adam").get("/audit").text
    assert [told for told in ("secret-person", DE.external_id, UK.external_id, "confirmed") if told in page] == []


def test_an_entry_that_tells_of_an_exception_in_its_facts_is_for_who_sees_the_whole_queue(console: Console) -> None:
    held = drawn("INV-9", legal_entity_id="UK", money_at_risk=Decimal("7654.32"))
    with console.store.writing(at=AT) as connection:
        hold_back(connection, [held], [HoldoutDraw(held, share=0.5, is_held=True)], actor="leadline", at=AT)
    assert "7,654.32" in next(one["facts"] for one in entries(console, "audra") if one["event"] == "enrolled")
    for login in ("adam", "deaudra"):
        found = str(entries(console, login)) + console.browser(login).get("/audit/export.csv").text
        assert [told for told in ("7654.32", "7,654.32", held.external_id, "INV-9", "enrolled") if told in found] == []


@pytest.mark.parametrize(
    ("query", "events"),
    [
        ("?actor=mia", ["assigned", "confirmed", "decided"]),
        ("?event=user_added&actor=test", ["user added"] * 4),
        (f"?exception={UK.external_id}", ["confirmed", "added"]),
        ("?since=2026-07-04", ["assigned"]),
        ("?since=2026-07-03&until=2026-07-03", ["confirmed", "decided"]),
        ("?actor=nobody", []),
    ],
)
def test_filters_of_the_address_leave_what_fits(console: Console, query: str, events: list[str]) -> None:
    assert [one["event"] for one in entries(console, "audra", query) if one["event"] != "logged in"] == events


def test_pages_follow_one_another_without_a_gap(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    from leadline.app.console.pages import audit

    whole = [one["number"] for one in entries(console, "audra")]
    monkeypatch.setattr(audit, "PAGE", 3)
    browser, found, address = console.browser("audra"), [], "/audit"
    while address:
        page = browser.get(address).text
        found += re.findall(r'<tr><td class="right">(\d+)</td>', page)
        more = re.search(r'<a href="([^"]+)">More</a>', page)
        address = html.unescape(more[1]) if more else ""
    assert found[1:] == whole  # the first is the second log-in


def test_an_invalid_date_is_reported(console: Console) -> None:
    answer = console.browser("audra").get("/audit?since=yesterday")
    assert (answer.status_code, "Invalid date." in answer.text) == (400, True)


def test_a_chain_that_holds_is_said_to_with_its_heads(console: Console) -> None:
    page = console.browser("audra").get("/audit").text
    report = console.store.verify()
    assert f"all {report.entries} entries follow one another" in page
    assert f"agrees with the {report.noted} heads noted outside" in page
    assert report.noted > 0
    assert report.head in page


def test_a_long_chain_is_checked_when_asked(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    from leadline.app.console.pages import audit

    monkeypatch.setattr(audit, "CHECKED_UNASKED", 1)
    assert "It holds" not in console.browser("audra").get("/audit").text
    assert "It holds" in console.browser("audra").get("/audit?check=now").text


@pytest.mark.parametrize(
    ("tampering", "login", "told", "hidden"),
    [
        ("update audit set actor = 'x' where number = 2", "adam", ["audit entry 2", "hash "], []),
        ("delete from audit where number = 3", "deaudra", ["entry 3", "entry 4"], []),
        ("update audit set detail = 'no json' where number = 5", "audra", ["audit entry 5", "recovery.md"], []),
        ("update exception set state = 'dismissed'", "audra", [f"exception {UK.external_id}"], []),
        ("update exception set state = 'dismissed'", "adam", ["something that you may not see"], [UK.external_id]),
        (
            "update exception set state = 'dismissed'",
            "deaudra",
            [f"exception {DE.external_id}", "something that you may not see"],
            [UK.external_id],
        ),
        ("delete from audit where event = 'logged_in'", "adam", ["audit"], []),
        ("update decision set note = 'x'", "adam", ["something that you may not see"], ["decision "]),
        ("update access_user set roles = '[]' where login = 'mia'", "audra", ["access, login mia"], []),
        ("update access_user set roles = '[]' where login = 'mia'", "deaudra", ["may not see"], ["login mia"]),
    ],
)
def test_a_broken_chain_is_shown_with_what_was_found_and_what_to_do(
    console: Console, tampering: str, login: str, told: list[str], hidden: list[str]
) -> None:
    browser = console.browser(login)
    with console.store.engine.begin() as connection:
        connection.execute(text(tampering))
    page = html.unescape(browser.get("/audit?check=now").text)
    check = page.split('id="check"', 1)[1].split("</section>", 1)[0]
    assert "It does not hold." in check
    assert [one for one in (*told, "What to do", "find out who wrote") if one not in check] == []
    assert [one for one in hidden if one in check] == []


def test_a_truncated_chain_is_found_by_the_checkpoints_kept_elsewhere(console: Console) -> None:
    browser = console.browser("audra")
    with console.store.engine.begin() as connection:
        last, before = connection.execute(text("select number, previous_hash from audit order by 1 desc limit 1")).one()
        connection.execute(text(f"delete from audit where number = {last}"))
        connection.execute(text("update audit_head set number = :n, hash = :h"), {"n": last - 1, "h": before})
    page = html.unescape(browser.get("/audit?check=now").text)
    assert f"audit entry {last}" in page
    assert "no such entry" in page


def rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_file_holds_the_readers_own_entries_whole(console: Console) -> None:
    found = rows(console.browser("deaudra").get("/audit/export.csv"))
    assert {row["external_id"] for row in found} == {"", DE.external_id, PERSON.external_id}
    only = rows(console.browser("audra").get("/audit/export.csv?actor=mia"))
    assert [row["event"] for row in only] == ["assigned", "confirmed", "decided"]
    assert all(len(row["hash"]) == 64 for row in only)


def test_a_file_taken_away_is_an_entry_with_its_filters_and_rows(console: Console) -> None:
    console.browser("mia").get("/worklist/export.csv?score=invoice_dispute&state=all&q=INV")
    console.browser("mia").get("/worklist/export.xlsx?q=secret-name")
    newest, first = [one for one in entries(console, "audra") if one["event"] == "exported"]
    assert [first["actor"], newest["actor"]] == ["mia", "mia"]
    assert all(told in first["facts"] for told in ("list worklist", "format csv", "rows 2", "q INV", "score invoice"))
    assert all(told in newest["facts"] for told in ("format xlsx", "rows 0", "secret-name"))
    for login, sees in (("adam", True), ("deaudra", False)):
        told = [one["facts"] for one in entries(console, login) if one["event"] == "exported"]
        assert bool(told) is sees
        assert "secret-name" not in str(told)
    console.store.verify()


def test_a_file_that_cannot_be_noted_is_not_sent(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    from leadline.app.console import files
    from leadline.kernel.errors import BusyError

    def busy(*_: object, **__: object) -> None:
        raise BusyError("held")

    browser = console.browser("mia")
    monkeypatch.setattr(files.audit, "append", busy)
    answer = browser.get("/worklist/export.csv")
    assert answer.status_code == 503
    assert "INV-DE" not in answer.text
