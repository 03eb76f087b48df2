"""Exports open safely in a spreadsheet, lose nothing, and appear whole or not at all."""

from __future__ import annotations

import csv
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pytest

from leadline.app.wiring import Parts
from leadline.kernel.errors import HomeError, UsageError
from leadline.warehouse.export import appearing, export
from leadline.warehouse.snapshot import Snapshot
from leadline.warehouse.spreadsheet import Workbook
from leadline.warehouse.table_rows import table_rows
from tests.support.cli import leadline
from tests.support.snapshot import publish

EVIL = ["=1+1", "+1", "-1", "@sum(a1)", "\tx", "\rx", "\nx"]
LONG = "leakage_approved_change_not_scheduled"
INVOICE = """
    create table invoice_ageing as
    select * from (values
        ('007', '12345678901234567890', cast(1234.50 as decimal(18, 2)), date '2026-01-31', true,
         timestamp '2026-01-31 10:20:30', cast(null as varchar)),
        ('008', 'a "quoted", text', cast(-0.10 as decimal(18, 2)), date '1850-05-05', false,
         timestamp '2026-02-01', 'Zürich' || chr(13) || chr(10) || 'zwei'),
        ('009', '', cast(1234567890123456.78 as decimal(18, 2)), null, null, null, null)
    ) as t (invoice_id, number, amount, issued_on, is_open, known_at, note)
"""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    texts = ", ".join(f"({number}, '{text}')" for number, text in enumerate(EVIL))
    return publish(
        tmp_path_factory.mktemp("home") / "warehouse",
        [
            INVOICE,
            f"create table evil as select * from (values {texts}) as t (place, text)",
            f"create table {LONG} as select 1 as a",
            f"create table {LONG}_too as select range as a from range(5)",
        ],
    )


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A core table, whose order is its key's, and a mart, whose order is that of all columns; stored out of order."""
    origin = "'hris' as source_system, 'b' as batch_id, 1::bigint as source_line, timestamp '2026-01-01' as known_at"
    rows = "from range(200) as t (i) order by hash(i)"
    key = "printf('%03d', i)"
    return publish(
        tmp_path_factory.mktemp("shuffled") / "warehouse",
        [
            f"create table core_holiday as select {key} as calendar_id, date '2026-01-01' as holiday_date,"
            f" {origin} {rows}",
            f"create table shuffled as select {key} as object_id, 1 as place {rows}",
        ],
    )


def _read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream, strict=True))


def test_a_workbook_holds_texts_numbers_and_dates_by_their_type(snapshot: Snapshot, tmp_path: Path) -> None:
    export(snapshot, ["invoice_ageing"], to=tmp_path / "a.xlsx")
    page = openpyxl.load_workbook(tmp_path / "a.xlsx")["invoice_ageing"]
    header, first, second, third = page.iter_rows()
    assert [cell.value for cell in header][:3] == ["invoice_id", "number", "amount"]
    assert [cell.value for cell in first] == [
        *("007", "12345678901234567890", 1234.5, datetime(2026, 1, 31), True, datetime(2026, 1, 31, 10, 20, 30), None)
    ]
    assert [cell.data_type for cell in first][:4] == ["s", "s", "n", "d"]
    assert (first[0].number_format, first[2].number_format) == ("@", "#,##0.00")
    assert (second[2].value, second[3].value) == (-0.1, "1850-05-05")
    assert third[2].value == "1234567890123456.78"  # more digits than a spreadsheet number holds


def test_no_text_becomes_a_formula_in_a_workbook(snapshot: Snapshot, tmp_path: Path) -> None:
    export(snapshot, ["evil"], to=tmp_path / "evil.xlsx")
    cells = [row[1] for row in openpyxl.load_workbook(tmp_path / "evil.xlsx")["evil"].iter_rows(min_row=2)]
    assert [cell.value.replace("_x000D_", "\r") for cell in cells] == EVIL  # OOXML spells a carriage return so
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix and cell.number_format == "@" for cell in cells)
    with zipfile.ZipFile(tmp_path / "evil.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_no_text_becomes_a_formula_in_csv(snapshot: Snapshot, tmp_path: Path) -> None:
    export(snapshot, ["evil"], to=tmp_path / "evil.csv")
    assert [row[1] for row in _read_csv(tmp_path / "evil.csv")[1:]] == ["'" + text for text in EVIL]


def test_a_break_within_a_text_begins_no_row_for_the_readers_in_use(tmp_path: Path) -> None:
    texts = ["a\r=1+1", "b\r\nc", "d\ne", 'x,"y"\rz', "plain"]
    spelled = ", ".join(f"({place}, '{text}')" for place, text in enumerate(texts))
    drawn = publish(
        tmp_path / "warehouse", [f"create table breaks as select * from (values {spelled}) as t (place, text)"]
    )
    path = tmp_path / "breaks.csv"
    export(drawn, ["breaks"], to=path)
    with duckdb.connect() as connection:
        by_duckdb = connection.execute("select text from read_csv(?) order by place", [str(path)]).fetchall()
    assert [row[1] for row in _read_csv(path)[1:]] == texts
    assert pl.read_csv(path)["text"].to_list() == texts
    assert pd.read_csv(path)["text"].to_list() == texts
    assert [text for (text,) in by_duckdb] == texts


def test_csv_is_rfc_4180_with_a_byte_order_mark(snapshot: Snapshot, tmp_path: Path) -> None:
    export(snapshot, ["invoice_ageing"], to=tmp_path / "a.csv")
    content = (tmp_path / "a.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfinvoice_id,number,amount,")
    assert b'008,"a ""quoted"", text",-0.10,1850-05-05,false,2026-02-01T00:00:00,"Z\xc3\xbcrich\r\nzwei"\r\n' in content
    assert _read_csv(tmp_path / "a.csv")[1] == [
        *("007", "12345678901234567890", "1234.50", "2026-01-31", "true", "2026-01-31T10:20:30", "")
    ]


def test_parquet_keeps_every_type(snapshot: Snapshot, tmp_path: Path) -> None:
    export(snapshot, ["invoice_ageing"], to=tmp_path / "a.parquet")
    frame = pl.read_parquet(tmp_path / "a.parquet")
    assert frame.row(0)[:4] == ("007", "12345678901234567890", Decimal("1234.50"), date(2026, 1, 31))
    assert frame.height == 3


@pytest.mark.parametrize("table", ["core_holiday", "shuffled"])
def test_rows_are_in_the_order_of_their_key_whatever_the_order_they_were_stored_in(
    shuffled: Snapshot, tmp_path: Path, table: str
) -> None:
    for suffix in ("csv", "parquet", "xlsx"):
        export(shuffled, [table], to=tmp_path / f"a.{suffix}")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")[table]
    wanted = [f"{number:03}" for number in range(200)]
    assert [row[0] for row in _read_csv(tmp_path / "a.csv")[1:]] == wanted
    assert pl.read_parquet(tmp_path / "a.parquet")[:, 0].to_list() == wanted
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == wanted


@pytest.mark.parametrize("table", ["core_holiday", "shuffled"])
def test_published_parquet_is_in_the_order_of_its_key(shuffled: Snapshot, table: str) -> None:
    published = pl.read_parquet(shuffled.folder / "parquet" / f"{table}.parquet")
    assert published[:, 0].to_list() == [f"{number:03}" for number in range(200)]


def test_only_rows_that_meet_the_condition_are_written(snapshot: Snapshot, tmp_path: Path) -> None:
    done = export(snapshot, ["invoice_ageing"], to=tmp_path / "a.csv", where="is_open -- those that wait")
    assert done[0].rows == 1
    assert [row[0] for row in _read_csv(tmp_path / "a.csv")] == ["invoice_id", "007"]


def test_a_folder_gets_a_csv_of_each_table(snapshot: Snapshot, tmp_path: Path) -> None:
    export(snapshot, ["evil", "invoice_ageing"], to=tmp_path / "new" / "folder")
    names = sorted(path.name for path in (tmp_path / "new" / "folder").iterdir())
    assert names == ["evil.csv", "invoice_ageing.csv"]


def test_long_table_names_get_sheet_names_of_their_own_and_a_last_sheet_says_which(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    export(snapshot, [LONG, f"{LONG}_too"], to=tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert [len(name) <= 31 for name in book.sheetnames] == [True] * 3
    about = {row[0]: row[1] for row in book["about"].iter_rows(values_only=True)}
    assert about["snapshot"] == "drawn"
    assert about[LONG] == book.sheetnames[0]
    assert about[f"{LONG}_too"] == book.sheetnames[1]


def test_more_rows_than_a_sheet_holds_are_split_and_none_is_lost(snapshot: Snapshot, tmp_path: Path) -> None:
    with Workbook(tmp_path / "a.xlsx", sheet_rows=3) as book, table_rows(snapshot, f"{LONG}_too") as rows:
        report = book.add(rows, tell=lambda _: None)
    sheets = openpyxl.load_workbook(tmp_path / "a.xlsx")
    found = [value for name in report.sheets for (value,) in sheets[name].iter_rows(min_row=2, values_only=True)]
    assert (found, report.rows, len(report.sheets)) == ([0, 1, 2, 3, 4], 5, 3)


def test_the_same_tables_give_the_same_workbook(snapshot: Snapshot, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        export(snapshot, ["invoice_ageing", "evil"], to=tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_unknown_tables_are_all_named_with_their_nearest(snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        export(snapshot, ["invoice_agein", "zzz"], to=tmp_path / "a.xlsx")
    assert [fault.where for fault in caught.value.faults] == ["invoice_agein", "zzz"]
    assert "invoice_ageing" in caught.value.faults[0].expected


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.txt"])
def test_a_file_that_cannot_hold_the_tables_is_refused(snapshot: Snapshot, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        export(snapshot, ["evil", "invoice_ageing"], to=tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["nowhere = 1", "1 = 1) union select (1", "content from read_text('x')"])
def test_a_condition_that_does_not_fit_leaves_no_file(snapshot: Snapshot, tmp_path: Path, where: str) -> None:
    with pytest.raises(UsageError, match="condition"):
        export(snapshot, ["invoice_ageing"], to=tmp_path / "a.xlsx", where=where)
    assert list(tmp_path.iterdir()) == []


def test_a_condition_reaches_no_file_of_the_machine(snapshot: Snapshot, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    inside = f"note in (select content from read_text('{tmp_path / 'secret.txt'}'))"
    with pytest.raises(UsageError):
        export(snapshot, ["invoice_ageing"], to=tmp_path / "a.csv", where=inside)


def test_a_place_that_cannot_be_written_is_named(snapshot: Snapshot, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError) as caught:
        export(snapshot, ["evil"], to=tmp_path / "file" / "a.csv")
    assert caught.value.where.endswith("a.csv")


def test_an_interrupted_export_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("before")

    def stop_half_way() -> None:
        with appearing(target) as hidden:
            hidden.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert (target.read_text(), [path.name for path in tmp_path.iterdir()]) == ("before", ["a.csv"])


def test_the_command_says_what_it_wrote(snapshot: Snapshot, tmp_path: Path) -> None:
    home = snapshot.folder.parents[2]
    result = leadline("export", "evil", "--to", tmp_path / "a.csv", "--format", "csv", "--home", home, parts=Parts())
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"table,rows,path,remark\nevil,{len(EVIL)},")


def test_the_command_lists_the_tables_and_asks_for_what_it_misses(snapshot: Snapshot, tmp_path: Path) -> None:
    home = snapshot.folder.parents[2]
    assert LONG in leadline("export", "--list", "--format", "csv", "--home", home).stdout
    assert leadline("export", "evil", "--home", home).exit_code == 2
    assert leadline("export", "--to", tmp_path / "a.csv", "--home", home).exit_code == 2


def test_a_core_table_is_written_by_key_however_builds_left_its_rows(tmp_path: Path) -> None:
    rows = "('I2', 'erp', timestamp '2026-01-02', 'b', 1), ('I1', 'erp', timestamp '2026-01-03', 'b', 2)"
    columns = "invoice_id, source_system, known_at, batch_id, source_line"
    repaired = publish(tmp_path / "w", [f"create table core_invoice as select * from (values {rows}) as v({columns})"])
    export(repaired, ["core_invoice"], to=tmp_path / "a.csv")
    assert [line.split(",")[0] for line in (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()[1:]] == ["I1", "I2"]
