"""The warehouse's tables as CSV: the rows of the page, of all its pages, no more, and nothing that is executed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from leadline.queue.store import Store
from leadline.queue.tables import AUDIT
from tests.support.access import somebody
from tests.support.console import ENTITIES, Browser, Console, console_on
from tests.support.console_warehouse import COST, mark, publish_firm
from tests.support.drawn_tables import statements
from tests.support.snapshot import publish

PROJECT = f"/projects/project_id-{mark('DE')}/export.csv"
FILES = (
    *(f"/{name}/export.csv" for name in ("projects", "clients", "deals", "people")),
    *(
        f"{PROJECT}?table={name}"
        for name in ("weeks", "complete", "changes", "waiting_changes", "bookings", "invoices", "orders")
    ),
    *(f"/controls/export.csv?table={name}" for name in ("sides", "classes", "findings")),
    "/controls/export.csv?table=months&reconciliation=invoice_to_cash",
    *(f"/controls/data/export.csv?table={name}" for name in ("interfaces", "weeks", "grades", "checks")),
    *(f"/controls/hand-offs/export.csv?table={name}" for name in ("compliance", "rules", "deals")),
    *(f"/leakage/export.csv?table={name}" for name in ("classes", "leaks", "cash")),
    *(f"/overview/export.csv?table={name}" for name in ("months", "utilization", "queue")),
)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("files")
    publish_firm(folder / "warehouse")
    with Store(f"sqlite:///{folder / 'ops.db'}") as store:
        made = console_on(store)
        made.warehouse = folder / "warehouse"
        somebody(made.access, "ana", "manager")
        somebody(made.access, "ben", "operator", legal_entities=("DE",))
        yield made


def rows(browser: Browser, path: str) -> list[dict[str, str]]:
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8"), path
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), strict=True))


@pytest.mark.parametrize("path", FILES)
def test_a_file_holds_rows_of_the_readers_scope_and_no_cost_that_they_may_not_see(console: Console, path: str) -> None:
    everything, mine = rows(console.browser("ana"), path), rows(console.browser("ben"), path)
    assert everything or "table=queue" in path
    assert len(mine) <= len(everything)
    told = str(mine)
    assert [one for one in ENTITIES if one != "DE" and mark(one) in told] == []
    assert [one for one in (COST, "0.86427") if one in told] == []


@pytest.mark.parametrize("table", ["estimates", "margins"])
def test_cost_tables_of_a_project_are_for_those_who_may_see_cost_rates(console: Console, table: str) -> None:
    assert rows(console.browser("ana"), f"{PROJECT}?table={table}")
    assert console.browser("ben").get(f"{PROJECT}?table={table}").status_code == 400
    assert "planned_cost" in rows(console.browser("ana"), PROJECT)[0]
    assert not {"cost", "planned_cost"} & set(rows(console.browser("ben"), PROJECT)[0])


def test_a_project_out_of_scope_or_capacity_that_is_not_seen_is_not_there(console: Console) -> None:
    browser = console.browser("ben")
    assert browser.get(f"/projects/project_id-{mark('FR')}/export.csv").status_code == 404
    assert browser.get("/capacity/export.csv").status_code == 404


def test_an_unknown_table_is_refused_with_the_known_ones(console: Console) -> None:
    answer = console.browser("ana").get("/controls/export.csv?table=nothing")
    assert (answer.status_code, "sides, classes, findings, months" in answer.text) == (400, True)


def test_each_page_offers_its_tables_to_who_may_export(console: Console) -> None:
    browser, offered = console.browser("ana"), set()
    for path in (
        *("/clients", "/deals", "/people"),
        "/projects",
        PROJECT.rsplit("/", 1)[0],
        "/leakage",
        "/overview",
        "/controls/data",
        "/controls/hand-offs",
    ):
        offered |= set(re.findall(r'class="csv" href="([^"]+)"', browser.get(path).text))
    offered |= set(
        re.findall(r'class="csv" href="([^"]+)"', browser.get("/controls?reconciliation=invoice_to_cash").text)
    )
    assert len(offered) == len(FILES) + 2  # and the two of costs
    assert {browser.get(href.replace("&amp;", "&")).status_code for href in offered} == {200}


def test_a_file_is_an_entry_of_the_audit(console: Console) -> None:
    console.browser("ana").get("/leakage/export.csv?table=leaks&since=2026-01")
    with console.store.reading() as connection:
        last = connection.execute(select(AUDIT).order_by(AUDIT.c.number.desc())).mappings().first()
    assert last is not None
    assert (last["event"], last["actor"]) == ("exported", "ana")
    assert '"filters":{"since":"2026-01","table":"leaks"},"format":"csv","list":"leakage-leaks"' in last["detail"]


EVIL = ("=1+1", "+1", "@x", "\r=1+1", "a\r=1+1", "b\r\n+c", '"quoted"\r@d', "\t=e")


def test_no_cell_is_a_formula_and_no_break_begins_a_row(tmp_path: Path) -> None:
    project: list[dict[str, Any]] = [
        {"project_id": f"P{n}", "name": text, "legal_entity_id": "DE", "status": "open"} for n, text in enumerate(EVIL)
    ]
    tables: dict[str, Any] = {
        "core_project": project,
        "int_account_golden": [],
        "project_performance": [
            {"project_id": f"P{n}", "budget_revenue": Decimal(-5 - n), "currency": "EUR"} for n in range(len(EVIL))
        ],
    }
    publish(tmp_path / "warehouse", statements(tables), known_until="2026-06-30T00:00:00")
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        console = console_on(store)
        console.warehouse = tmp_path / "warehouse"
        somebody(console.access, "ana", "manager")
        content = console.browser("ana").get("/projects/export.csv").content.decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(content, newline=""), strict=True))
    assert len(found) == len(EVIL)
    assert "\r" not in content
    assert [row["budget_revenue"] for row in found] == [
        f"{-5 - n}.00" for n in range(len(EVIL))
    ]  # figures stay figures
    assert [row["name"] for row in found if row["name"].startswith(("=", "+", "@", "\t", "\n"))] == []
