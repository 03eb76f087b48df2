"""Files that are refused whole: which error, in which words, and nothing in landing has changed."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from leadline.kernel.errors import InputError, LeadlineError
from tests.support.sources import BILLS, GOOD_BILLS, Place

HEADER, FIRST, SECOND = GOOD_BILLS.splitlines()
GZIPPED = gzip.compress(GOOD_BILLS.encode(), mtime=0)


def with_row(row: str) -> str:
    return f"{GOOD_BILLS}{row}\n"


@dataclass(frozen=True)
class Bad:
    """A file that must be refused, and words of the refusal."""

    name: str
    content: str | bytes
    words: tuple[str, ...]
    mapping: str = BILLS

    def __str__(self) -> str:
        return self.name.replace(" ", "_")


ALL_BAD = [
    Bad("empty file", "", ("The file is empty", "request the export again")),
    Bad("only blank lines", "\n\n\n", ("header",)),
    Bad("header only", f"{HEADER}\n", ("a header but no rows",)),
    Bad("header only without line end", HEADER, ("a header but no rows",)),
    Bad("no header", f"{FIRST}\n{SECOND}\n", ("header", "'Id'", "no such column")),
    Bad("missing column", GOOD_BILLS.replace("Due", "Fällig"), ("line 1", "'Due'", "no such column", "Fällig")),
    Bad("two missing columns", GOOD_BILLS.replace("Due", "D").replace("Status", "S"), ("'Due'", "'Status'")),
    Bad("column twice", GOOD_BILLS.replace("To", "From"), ("one column 'From'", "2 of that name")),
    Bad("other delimiter", GOOD_BILLS.replace(",", ";"), ("header holds ';'", "set delimiter", "files[0]")),
    Bad("tab delimiter", GOOD_BILLS.replace(",", "\t"), ("header holds '\\t'",)),
    Bad("cut in a row", GOOD_BILLS[:-20], ("damaged", "line 3", "8 fields", "fewer fields")),
    Bad("cut within quotes", GOOD_BILLS + 'B3,"C1,2026', ("damaged", "line 4", "closing quote")),
    Bad("row too short", with_row("B3,C1,2026-01-01"), ("damaged", "line 4", "fewer fields")),
    Bad("row too long", with_row(f"{FIRST},x"), ("damaged", "line 4", "more fields")),
    Bad("two damaged rows", with_row(f"B3\n{FIRST}\nB4"), ("line 4", "line 6")),
    Bad("text after a closing quote", with_row(FIRST.replace("B1", '"B"1')), ("line 4", "quote")),
    Bad("unescaped quotes", with_row(FIRST.replace("C1", '"say "hi, you"')), ("line 4",)),
    Bad("odd quote in plain text", with_row(FIRST.replace("C1", '5" pipe')), ("line 4", "quote")),
    Bad("blanks for a row", with_row("   "), ("line 4", "fewer fields")),
    Bad("a total below the rows", with_row("Total: 1250.75"), ("line 4", "fewer fields")),
    Bad("a title above the header", f"Report of March\n{GOOD_BILLS}", ("Report of March", "no such column")),
    Bad("NUL bytes", with_row(FIRST.replace("C1", "C\0")), ("line 4", "NUL byte")),
    Bad("a block of zeros at the end", GOOD_BILLS.encode() + bytes(512), ("line 4", "NUL byte")),
    Bad("Latin-1 read as UTF-8", with_row(FIRST.replace("C1", "Café")).encode("latin-1"), ("line 4", "utf-8", "e9")),
    Bad("UTF-16 read as UTF-8", GOOD_BILLS.encode("utf-16"), ("line 1", "utf-8", "encoding")),
    Bad("cut within a character", (GOOD_BILLS + "Bé").encode()[:-1], ("line 4", "utf-8")),
    Bad("cp1252 with a byte it lacks", with_row("B\x81").encode("latin-1"), ("line 4", "cp1252"),
        BILLS.replace("entity:", "encoding: cp1252\n    entity:")),
    Bad("UTF-8 read as UTF-16", GOOD_BILLS + "x", ("utf-16", "BOM"),
        BILLS.replace("entity:", "encoding: utf-16\n    entity:")),
    Bad("gzip cut", GZIPPED[:-12], ("damaged", "gzip")),
    Bad("gzip with a flipped byte", GZIPPED[:40] + bytes([GZIPPED[40] ^ 255]) + GZIPPED[41:], ("gzip",)),
    Bad("gzip of nothing", gzip.compress(b"", mtime=0), ("The file is empty",)),
    Bad("an Excel workbook", b"PK\x03\x04" + bytes(100), ("Excel", "CSV")),
    Bad("a PDF", b"%PDF-1.7 ...", ("a PDF",)),
    Bad("Parquet where CSV is mapped", b"PAR1" + bytes(100), ("format: parquet",)),
    Bad("every day in another format", GOOD_BILLS.replace("2026-02-05", "5.2.26").replace("2026-03-05", "5.3.26"),
        ("No row of the file meets", "line 2, due_date", "YYYY-MM-DD", "5.2.26", "billing_schedule")),
    Bad("every amount a text", GOOD_BILLS.replace("1000.50", "a lot").replace("250.25", "little"),
        ("No row", "line 2, amount", "decimal(18,2)", "a lot")),
    Bad("every currency unknown", GOOD_BILLS.replace("EUR", "EURO").replace("USD", "DOLLAR"),
        ("No row", "currency", "ISO 4217", "EURO")),
    Bad("every status unknown", GOOD_BILLS.replace("planned", "offen").replace("ready", "offen"),
        ("No row", "status", "one of planned, ready", "offen")),
    Bad("every end before its start", GOOD_BILLS.replace("2026-01-31", "2025-01-31").replace("-02-28", "-01-28"),
        ("No row", "period_end", "not before period_start")),
    Bad("every key empty", f"{HEADER}\n{FIRST[2:]}\n", ("No row", "schedule_id", "required")),
]  # fmt: skip


@pytest.mark.parametrize("bad", ALL_BAD, ids=str)
def test_a_bad_file_is_refused_whole_and_landing_stays_as_it_was(tmp_path: Path, bad: Bad) -> None:
    place = Place(tmp_path)
    place.map(BILLS)
    place.draw("good.csv", GOOD_BILLS)
    place.land()
    before = place.tree()
    place.map(bad.mapping.replace('"*.csv"', '"bad*"'))
    place.draw("bad.csv", bad.content)
    report = place.land()
    assert place.tree() == before
    with pytest.raises(InputError) as raised:
        report.raise_refused()
    text = str(raised.value)
    assert [word for word in (*bad.words, "bad.csv") if word not in text] == []
    assert raised.value.exit_code == 3
    assert raised.value.next_step or bad.content[:4] in (b"PK\x03\x04", b"%PDF", b"PAR1")


PARQUET = BILLS.replace('match: "*.csv"', 'match: "bad*"\n    format: parquet')
GOOD_FRAME = pl.DataFrame([dict(zip(HEADER.split(","), row.split(","), strict=True)) for row in (FIRST, SECOND)])


def parquet(frame: pl.DataFrame, path: Path) -> bytes:
    frame.write_parquet(path)
    return path.read_bytes()


BAD_PARQUET = [
    ("cut", lambda path: parquet(GOOD_FRAME, path)[:-30], ("not valid Parquet",)),
    ("empty", lambda _: b"", ("not valid Parquet",)),
    ("CSV in its place", lambda _: GOOD_BILLS.encode(), ("not valid Parquet", "format: csv")),
    ("no rows", lambda path: parquet(GOOD_FRAME.clear(), path), ("columns but no rows",)),
    ("no such column", lambda path: parquet(GOOD_FRAME.drop("Due"), path), ("'Due'", "no such column")),
    (
        "a column of lists",
        lambda path: parquet(GOOD_FRAME.with_columns(Amount=pl.lit([1, 2])), path),
        ("column Amount", "plain values", "List"),
    ),
    (
        "a column of another type",
        lambda path: parquet(GOOD_FRAME.with_columns(Due=pl.lit(value=True)), path),
        ("No row", "due_date", "true"),
    ),
]


@pytest.mark.parametrize(("name", "content", "words"), BAD_PARQUET, ids=[case[0] for case in BAD_PARQUET])
def test_a_bad_parquet_file_is_refused_whole(
    tmp_path: Path, name: str, content: Callable[[Path], bytes], words: tuple[str, ...]
) -> None:
    place = Place(tmp_path)
    place.map(PARQUET)
    place.draw(f"bad {name}.parquet", content(tmp_path / "made.parquet"))
    report = place.land()
    assert place.landing.batches() == ()
    with pytest.raises(InputError) as raised:
        report.raise_refused()
    assert [word for word in words if word not in str(raised.value)] == []


def test_a_refused_file_keeps_no_other_from_landing(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.map(BILLS)
    place.draw("a.csv", "")
    place.draw("b.csv", GOOD_BILLS)
    place.draw("c.csv", HEADER)
    report = place.land()
    assert [batch.file for batch in report.batches] == ["b.csv"]
    with pytest.raises(InputError, match="2 files refused; the others landed") as raised:
        report.raise_refused()
    assert [fault.where for fault in raised.value.faults] == ["a.csv", "c.csv"]


def test_a_file_refused_for_one_entity_lands_for_none(tmp_path: Path) -> None:
    place = Place(tmp_path)
    credit = BILLS.split("files:\n")[1].replace("entity: billing_schedule", "entity: milestone")
    credit = credit.split("columns:")[0] + "columns: {milestone_id: Id, project_id: Gone, status: Status}\n"
    place.map(BILLS + credit)
    place.draw("bills.csv", GOOD_BILLS)
    with pytest.raises(InputError, match="header"):
        place.land().raise_refused()
    assert place.landing.batches() == ()


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.map(BILLS)
    place.files.rmdir()
    with pytest.raises(LeadlineError, match="No such folder") as raised:
        place.land()
    assert raised.value.exit_code == 2


@pytest.mark.parametrize("names", [(), ("notes.txt",)])
def test_a_folder_without_a_matching_file_is_refused_with_what_is_there(tmp_path: Path, names: tuple[str, ...]) -> None:
    place = Place(tmp_path)
    place.map(BILLS)
    for name in names:
        place.draw(name, "x")
    with pytest.raises(InputError, match="No file matches") as raised:
        place.land()
    assert raised.value.found == (", ".join(names) or "no files")
    assert place.tree() == {}


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path)
    place.map(BILLS)
    place.draw("bills.csv", GOOD_BILLS)

    def refuse(_: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("leadline.sources.land.sha256_of", refuse)
    with pytest.raises(InputError, match="Cannot read") as raised:
        place.land().raise_refused()
    assert raised.value.found == "Permission denied"
