"""Write a published table as CSV that spreadsheets open as it is meant: RFC 4180, UTF-8 with its mark, no formulas."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from leadline.warehouse.formula_text import behind_apostrophe
from leadline.warehouse.table_rows import TableRows

# With the byte order mark spreadsheets know that the file is UTF-8.
ENCODING = "utf-8-sig"


def write_csv(rows: TableRows, path: Path, *, tell: Callable[[int], None]) -> None:
    """Write the rows with a header line; null is an empty field, money keeps its decimals, moments are ISO 8601 UTC.

    Text that a spreadsheet would execute gets a leading apostrophe. ``tell`` gets the number of rows written.
    """
    with path.open("w", encoding=ENCODING, newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow([behind_apostrophe(name) for name in rows.columns])
        written = 0
        for batch in rows.batches():
            writer.writerows([[field(value) for value in row] for row in batch])
            written += len(batch)
            tell(written)


def field(value: Any) -> str:
    """Return one value as the text of a CSV field."""
    if value is None:
        return ""
    if isinstance(value, str):
        return behind_apostrophe(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
