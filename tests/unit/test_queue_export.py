"""Exports hold what the queue holds, and nothing that a spreadsheet would execute."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pytest

from leadline.queue.export import as_csv, as_json, as_xlsx, neutral

RECORDS = [
    {"id": "a1", "title": '=HYPERLINK("http://x")', "money": -12.5, "reasons": [{"code": "c", "text": "+1 hour"}]},
    {"id": "a2", "title": "plain", "money": None, "reasons": []},
]
COLUMNS = ["id", "title", "money", "reasons"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_text_that_a_spreadsheet_would_execute_is_put_behind_an_apostrophe(text: str) -> None:
    assert neutral(text) == "'" + text


@pytest.mark.parametrize("value", [-12.5, 3, True, None, "plain", "a=b", ""])
def test_numbers_and_plain_text_stay_as_they_are(value: object) -> None:
    assert neutral(value) == value


def test_a_list_is_neutralised_as_the_text_it_becomes() -> None:
    assert neutral([{"text": "=cmd"}]) == "'=cmd"
    assert neutral({"=a": 1}) == "'=a=1"


def test_csv_has_a_header_and_one_line_per_record() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(RECORDS, COLUMNS))))
    assert rows == [
        COLUMNS,
        ["a1", '\'=HYPERLINK("http://x")', "-12.5", "'+1 hour"],
        ["a2", "plain", "", ""],
    ]


@pytest.mark.parametrize("text", ["a\r=1+1", "a\r\n=1+1", "a\n=1+1", "\r=1+1"])
def test_a_break_in_a_text_begins_no_row_of_its_own(text: str) -> None:
    written = as_csv([{"id": text}], ["id"])
    assert "\r" not in written
    assert [row["id"] for row in csv.DictReader(io.StringIO(written, newline=""))] == [
        neutral(text).replace("\r\n", "\n").replace("\r", "\n")
    ]


def test_json_keeps_text_as_it_is() -> None:
    assert json.loads(as_json(RECORDS)) == RECORDS


def test_a_sheet_holds_numbers_as_numbers_and_no_formula() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(RECORDS, COLUMNS, sheet="queue"))).active
    cells = {cell.coordinate: cell for row in sheet.iter_rows() for cell in row}
    assert (cells["B2"].value, cells["B2"].data_type) == ('\'=HYPERLINK("http://x")', "s")
    assert (cells["C2"].value, cells["C2"].data_type) == (-12.5, "n")
    assert [cell.data_type for cell in cells.values()].count("f") == 0


def test_the_same_records_give_the_same_sheet_byte_for_byte() -> None:
    assert as_xlsx(RECORDS, COLUMNS, sheet="queue") == as_xlsx(RECORDS, COLUMNS, sheet="queue")
