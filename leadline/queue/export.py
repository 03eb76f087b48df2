"""Write records as CSV, JSON or XLSX, so that a spreadsheet never executes what a source system wrote into a name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from leadline.kernel.warehouse.formula_text import behind_apostrophe

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


def as_csv(records: Sequence[Record], columns: Sequence[str]) -> str:
    """Return the records as CSV with a header line; null is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([neutral(record.get(column)) for column in columns] for record in records)
    return out.getvalue()


def as_xlsx(records: Sequence[Record], columns: Sequence[str], *, sheet: str) -> bytes:
    """Return the records as one sheet; the same records give the same bytes."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": datetime(2000, 1, 1)})
    page = book.add_worksheet(sheet)
    bold = book.add_format({"bold": True})
    for number, column in enumerate(columns):
        page.write_string(0, number, column, bold)
    for line, record in enumerate(records, start=1):
        for number, column in enumerate(columns):
            _write_cell(page, line, number, neutral(record.get(column)))
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(len(records), 1), len(columns) - 1)
    book.close()
    return out.getvalue()


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
    """Return a nested value as a line: reasons by their text, bands and facts as ``name=value``."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}={item}" for name, item in value.items())
    return "; ".join(str(item.get("text", item)) if isinstance(item, Mapping) else str(item) for item in value)
