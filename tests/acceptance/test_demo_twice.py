"""The whole path on the smallest demo firm, as a person walks it: the one long test of the command line."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from leadline.app.wiring import Parts
from leadline.kernel.contracts import entity as contract
from leadline.kernel.findings import Record
from leadline.kernel.home import open_home
from leadline.kernel.rendering import READERS, Quote, Renderer
from leadline.kernel.scores import SCORES
from leadline.queue.narrative import render_narrative
from leadline.queue.records import QueuedException
from leadline.queue.store import Store
from leadline.warehouse.snapshot import Snapshot, open_current
from tests.support.cli import leadline, tree
from tests.support.demo import ran_demo

REAL = Parts()
PROMISED = ("external_id", "score", "object", "as_of", "money_at_risk", "currency", "reasons", "owner", "due_at")
PROMISED += ("narrative", "action", "model_version", "snapshot_id")


def _queue(home: Path) -> list[dict[str, Any]]:
    words = ("queue", "list", "--state", "all", "--format", "json", "--home", home)
    found: list[dict[str, Any]] = json.loads(leadline(*words, parts=REAL).stdout)
    return found


@pytest.fixture(scope="module")
def home(shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home in which the demo ran once."""
    folder = tmp_path_factory.mktemp("demo") / "home"
    return Path(shutil.copytree(ran_demo(shared_folder), folder, symlinks=True))


def test_the_demo_fills_the_queue_with_all_six_scores(home: Path) -> None:
    records = _queue(home)
    assert {record["score"] for record in records} == set(SCORES)
    assert [key for record in records for key in PROMISED if record.get(key) in (None, "", [])] == []
    assert all(0 <= record["probability"] <= 1 for record in records)
    assert all(record["currency"] == "USD" and record["money_at_risk"] >= 0 for record in records)


def test_every_exception_is_rendered_for_each_reader_in_figures_that_the_published_data_answers(home: Path) -> None:
    opened = open_home(home)
    known = open_current(opened.warehouse)
    with Store(opened.ops_store_url) as store:
        exceptions = [store.get(one.external_id) for one in store.list_()]
    people = known.core("person", as_of=exceptions[0].as_of).select("name", "email").collect()
    personal = {text for row in people.iter_rows() for text in row if text}
    for one in exceptions:
        for reader in READERS:
            rendered = render_narrative(one, Renderer(audience=reader))
            assert rendered.quotes, (one.external_id, reader)
            assert not [text for text in personal if text in rendered.text]
            rest = rendered.text
            for quote in reversed(rendered.quotes):
                rest = rest[: quote.at] + rest[quote.at + len(quote.written) :]
                _answer_again(known, one, quote)
            assert not any(letter.isdigit() for letter in rest), rendered.text


def _answer_again(known: Snapshot, one: QueuedException, quote: Quote) -> None:
    """Ask a query key by means of its own, without the code that rendered it."""
    place, _, rest = quote.key.partition(":")
    if place != "record":
        whose, _, name = quote.key.partition(".")
        if whose in ("finding", "facts", "queue"):
            assert hasattr(one, name.partition("/")[0]) or name in one.facts
        else:
            assert whose.startswith(("reasons[", "action/"))
        return
    if quote.kind == "term":
        return
    entity, key, *column = rest.split("/")
    (own,) = contract(entity).key
    rows = known.core(entity, as_of=one.as_of).filter(pl.col(own) == key).collect()
    assert rows.height == 1, quote
    said = str(rows[column[0]][0]) if column else key
    figure = quote.written.split(" ")[0].replace(",", "")
    assert said.startswith((quote.written, figure)), (quote, said)


def test_what_a_reason_shows_beside_a_record_is_what_the_published_table_says(home: Path) -> None:
    opened = open_home(home)
    published = open_current(opened.warehouse)
    with Store(opened.ops_store_url) as store:
        pairs = {(one.as_of, record) for one in store.list_() for reason in one.reasons for record in reason.records}
    shown = [(as_of, record) for as_of, record in pairs if record.column and not record.is_computed]
    assert len(shown) > 50
    wrong = [(record, said) for as_of, record in shown if (said := _said(published, record, as_of)) is not None]
    assert wrong == []
    assert all(record.value is not None for _, record in pairs if record.is_computed)


def _said(published: Snapshot, record: Record, as_of: datetime) -> str | None:
    """Return what the table says of a record where that is another value; None where it is the same."""
    keys = contract(record.entity).key
    parts = record.key.split("|") if len(keys) > 1 else [record.key]
    rows = published.core(record.entity, as_of=as_of)
    for name, part in zip(keys, parts, strict=True):
        rows = rows.filter(pl.col(name).cast(pl.String) == part)
    (value,) = rows.select(record.column).collect()[record.column].to_list()
    if record.value is None or value is None:
        return None if record.value is None and value is None else str(value)
    plain = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value).replace(" ", "T")
    return None if record.value.value in (plain, str(value)) else str(value)


def test_a_second_demo_adds_nothing(home: Path) -> None:
    queued, files = _queue(home), {name for name in tree(home) if not name.startswith("warehouse/build")}
    result = leadline("--debug", "demo", "--size", "xs", "--seed", "7", "--home", home, parts=REAL)
    assert result.exit_code == 0, result.stderr
    assert _queue(home) == queued
    assert {name for name in tree(home) if not name.startswith("warehouse/build")} == files


def test_a_decision_comes_back_as_a_label_with_the_next_night(home: Path) -> None:
    from leadline.warehouse.landing import Landing

    chosen = next(record for record in _queue(home) if record["score"] == "time_expense_anomaly")
    words = ("--verdict", "dismissed", "--reason", "agreed_exception", "--by", "ana")
    assert leadline("queue", "decide", chosen["external_id"], *words, "--home", home, parts=REAL).exit_code == 0
    result = leadline("--debug", "run", "--as-of", "2026-06-30", "--home", home, parts=REAL)
    assert result.exit_code == 0, result.stderr
    assert "1 decisions brought back, 0 added, 0 updated" in result.stderr
    landed = Landing(home / "landing").scan("decision").collect()
    assert landed["object_id"].to_list() == [chosen["object_id"]]


def test_looking_back_twice_gives_the_same_bytes(home: Path) -> None:
    words = ("score", "--as-of", "2026-04-30", "--dry-run", "--format", "json", "--home", home)
    first = leadline(*words, parts=REAL)
    assert first.exit_code == 0, first.stderr
    assert json.loads(first.stdout)
    assert leadline(*words, parts=REAL).stdout == first.stdout


def test_all_that_is_stored_verifies_and_nothing_ran_red(home: Path) -> None:
    assert leadline("verify", "--home", home, parts=REAL).exit_code == 0
    rows = json.loads(leadline("status", "--format", "json", "--home", home, parts=REAL).stdout)
    assert [row for row in rows if row["what"].startswith("leadline") and row["state"] != "ok"] == []
