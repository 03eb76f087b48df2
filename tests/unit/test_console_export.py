"""The worklist as CSV and XLSX: what the page lists, no more, and nothing that a spreadsheet would execute."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from leadline.app.console import files
from leadline.kernel import facts
from leadline.kernel.findings import Reason, Record
from leadline.kernel.statements import plain
from leadline.queue.records import RECORD_KEYS
from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.console import Console, console_on
from tests.support.queue import AT, drawn

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x")')


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        made = console_on(store)
        somebody(made.access, "ana")
        somebody(made.access, "dee", legal_entities=("DE",))
        yield made


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def _sheet(content: bytes) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))


def test_both_hold_all_that_the_filters_let_through_in_the_order_of_the_page(console: Console) -> None:
    found = [drawn(f"INV-{n}", title=f"Ä {n}", scored={"expected_value": Decimal(n)}) for n in range(120)]
    console.store.upsert([*found, drawn("X", score="margin_erosion")], at=AT)
    browser = console.browser("ana")
    answer = browser.get("/worklist/export.csv?score=invoice_dispute")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="leadline-worklist-2026-07-01.csv"'
    assert answer.headers["cache-control"] == "no-store"
    rows = _rows(answer.content)
    assert [row["title"] for row in rows] == [f"Ä {n}" for n in reversed(range(120))]
    assert tuple(rows[0]) == RECORD_KEYS
    sheet = _sheet(browser.get("/worklist/export.xlsx?score=invoice_dispute").content)
    title, worth = RECORD_KEYS.index("title"), RECORD_KEYS.index("expected_value")
    assert sheet[0] == RECORD_KEYS
    assert [(row[title], row[worth]) for row in sheet[1:]] == [(f"Ä {n}", n) for n in reversed(range(120))]


def test_the_page_offers_its_own_list_to_who_may_export(console: Console) -> None:
    somebody(console.access, "mia", "manager")
    console.store.upsert([drawn()], at=AT)
    text = console.browser("mia").get("/worklist?q=INV&tab=team").text
    assert 'href="/worklist/export.csv?tab=team&amp;q=INV"' in text
    assert 'href="/worklist/export.xlsx?tab=team&amp;q=INV"' in text


def test_what_is_out_of_scope_or_a_cost_rate_is_in_no_file(console: Console) -> None:
    reason = Reason(
        "cost",
        plain("It costs more"),
        1.0,
        (Record("cost_rate", "P-9", "rate", facts.money("88.17", "USD", about=facts.COST)),),
    )
    found = [drawn("AA", legal_entity_id="DE", reasons=(reason,)), drawn("BB", legal_entity_id="FR")]
    console.store.upsert(found, at=AT)
    browser = console.browser("dee")
    for query in ("", "?state=all", "?legal_entity=FR"):
        text = browser.get(f"/worklist/export.csv{query}").text
        assert "Invoice BB may be disputed" not in text
        assert "88.17" not in text
    assert len(_sheet(browser.get("/worklist/export.xlsx").content)) == 2


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(console: Console, text: str) -> None:
    reason = Reason("x", plain(text), 1.0, ())
    texts = dict.fromkeys(("title", "action", "expected", "seen", "legal_entity_id"), text)
    console.store.upsert([drawn(text, reasons=(reason,), similar=(text,), scored={"owner": text}, **texts)], at=AT)
    browser = console.browser("ana")
    (row,) = _rows(browser.get("/worklist/export.csv").content)
    assert (row["title"], row["owner"], row["reasons"]) == ("'" + text.replace("\r", "\n"),) * 3
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/worklist/export.xlsx").content))
    assert [cell.coordinate for line in book.active.iter_rows() for cell in line if cell.data_type == "f"] == []


def test_a_third_export_at_the_same_time_has_to_wait(console: Console) -> None:
    console.store.upsert([drawn()], at=AT)
    browser = console.browser("ana")
    held = [files.turns.acquire(blocking=False) for _ in range(files.AT_ONCE)]
    try:
        assert held == [True] * files.AT_ONCE
        assert browser.get("/worklist/export.csv").status_code == 503
        assert browser.get("/worklist").status_code == 200
    finally:
        for _ in held:
            files.turns.release()
    assert browser.get("/worklist/export.csv").status_code == 200


def test_others_are_served_while_an_export_is_written(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    console.store.upsert([drawn()], at=AT)
    begun, go_on = threading.Event(), threading.Event()

    def slow(records: Iterator[object], *_: object) -> None:
        next(records)  # the store is being read
        begun.set()
        assert go_on.wait(30)

    monkeypatch.setattr(files, "write_csv", slow)
    exporting, working = console.browser("ana"), console.browser("ana")
    thread = threading.Thread(target=exporting.get, args=("/worklist/export.csv",))
    thread.start()
    try:
        assert begun.wait(30)
        fields = {"version": "1", "verdict": "dismissed", "reason_code": "not_true"}
        assert working.post(f"/exceptions/{drawn().external_id}/decide", **fields).status_code == 303
    finally:
        go_on.set()
        thread.join()
