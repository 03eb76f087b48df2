"""Write records as CSV, JSON or XLSX, so that a spreadsheet never executes what a source system wrote into a name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import IO, Any

from leadline.warehouse.formula_text import behind_apostrophe

FORMATS = ("csv", "json", "xlsx")
_CELL_LIMIT = 32_767  # characters in one Excel cell

Record = Mapping[str, Any]


def neutral(value: Any) -> Any:
    """Return a value as one cell: lists as text, and text that a spreadsheet would execute behind an apostrophe."""
    if isinstance(value, Mapping | list | tuple):
        value = _flat(value)
    return behind_apostrophe(value) if isinstance(value, str) else value


def as_json(records: Sequence[Record]) -> str:
    """Return the records as a JSON list."""
    return json.dumps(list(records), indent=2, ensure_ascii=False) + "\n"


def as_csv(records: Iterable[Record], columns: Sequence[str]) -> str:
    """Return the records as CSV with a header line; null is an empty cell."""
    out = io.StringIO()
    write_csv(records, columns, out)
    return out.getvalue()


def write_csv(records: Iterable[Record], columns: Sequence[str], out: IO[str]) -> None:
    """Write the records as CSV as :func:`as_csv`, one by one."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_one_break(neutral(record.get(column))) for column in columns] for record in records)


def as_xlsx(records: Iterable[Record], columns: Sequence[str], *, sheet: str) -> bytes:
    """Return the records as one sheet; the same records give the same bytes."""
    out = io.BytesIO()
    write_xlsx(records, columns, out, sheet=sheet)
    return out.getvalue()


def write_xlsx(records: Iterable[Record], columns: Sequence[str], out: IO[bytes], *, sheet: str) -> None:
    """Write the records as one sheet as :func:`as_xlsx`; no more than a row of them is kept in memory."""
    import xlsxwriter

    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    book.set_properties({"created": datetime(2000, 1, 1)})
    page = book.add_worksheet(sheet)
    bold = book.add_format({"bold": True})
    for number, column in enumerate(columns):
        page.write_string(0, number, column, bold)
    line = 0
    for line, record in enumerate(records, start=1):
        for number, column in enumerate(columns):
            _write_cell(page, line, number, neutral(record.get(column)))
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(line, 1), len(columns) - 1)
    book.close()


def _one_break(value: Any) -> Any:
    """Return text with line feeds for all its breaks. The writer quotes no carriage return, and a program that breaks
    lines at it would begin a new row, and perhaps a formula, in the middle of a cell.
    """
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _write_cell(page: Any, line: int, number: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(line, number, value)
    elif isinstance(value, int | float):
        page.write_number(line, number, value)
    else:
        page.write_string(line, number, str(value)[:_CELL_LIMIT])


def _flat(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return a nested value as a line: reasons by the texts that may be seen, facts as ``name=value``."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}={item}" for name, item in value.items())
    texts = (item.get("text", item) if isinstance(item, Mapping) else item for item in value)
    return "; ".join(str(text) for text in texts if text is not None)
