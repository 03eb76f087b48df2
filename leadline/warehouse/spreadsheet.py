"""Write published tables as one XLSX workbook, row by row in constant memory, so that nothing is guessed or executed.

Every cell is written with its type: text stays text however it begins, a number is a number only where a spreadsheet
(15 significant digits) holds it exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from leadline.warehouse.formula_text import is_formula
from leadline.warehouse.table_rows import TableRows

SHEET_ROWS = 1_048_576  # rows of a sheet, with the header
CELL_CHARACTERS = 32_767
EXACT_DIGITS = 15
FIRST_DAY = date(1900, 3, 1)  # before it, spreadsheets disagree about which day a number is
_NAME_CHARACTERS = 31
_ABOUT = "about"
_WIDTH = 16


@dataclass(frozen=True)
class SheetReport:
    """What became of one table: the sheets it is on, its rows, how many texts were too long for a cell and cut."""

    table: str
    sheets: tuple[str, ...]
    rows: int
    cut_texts: int


class Workbook:
    """A workbook under way; closing it writes the file. The same tables give the same bytes."""

    def __init__(self, path: Path, *, sheet_rows: int = SHEET_ROWS) -> None:
        import xlsxwriter

        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
        self._book.set_properties({"created": datetime(2000, 1, 1)})
        self._sheet_rows = sheet_rows
        self._formats: dict[str, Any] = {}
        self._names: set[str] = {_ABOUT}
        self.reports: list[SheetReport] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._close()

    def _close(self) -> None:
        from xlsxwriter.exceptions import XlsxFileError

        try:
            self._book.close()
        except XlsxFileError as exc:
            raise OSError(str(exc)) from exc

    def add(self, rows: TableRows, *, tell: Callable[[int], None]) -> SheetReport:
        """Add a table, on as many sheets as its rows need; ``tell`` hears how many rows are written."""
        sheets: list[str] = []
        written = cut = 0
        room, line, page = self._sheet_rows - 1, 0, None
        for batch in rows.batches():
            for row in batch:
                if page is None or line == room:
                    page, line = self._page(rows, sheets), 0
                line += 1
                cut += self._write_row(page, line, row, rows)
            written += len(batch)
            tell(written)
        if page is None:
            self._page(rows, sheets)
        report = SheetReport(rows.table, tuple(sheets), written, cut)
        self.reports.append(report)
        return report

    def about(self, facts: dict[str, str]) -> None:
        """Add the last sheet: where the data comes from, and which table is where."""
        page = self._book.add_worksheet(_ABOUT)
        lines = [*facts.items(), ("", ""), ("table", "sheets"), *((r.table, ", ".join(r.sheets)) for r in self.reports)]
        for number, (name, text) in enumerate(lines):
            page.write_string(number, 0, name)
            page.write_string(number, 1, text, self._text(text))

    def _page(self, rows: TableRows, sheets: list[str]) -> Any:
        name = self._free_name(rows.table, len(sheets) + 1)
        sheets.append(name)
        page = self._book.add_worksheet(name)
        page.freeze_panes(1, 0)
        page.set_column(0, len(rows.columns) - 1, _WIDTH)
        for number, column in enumerate(rows.columns):
            page.write_string(0, number, column, self._format("header", {"bold": True}))
        return page

    def _free_name(self, table: str, part: int) -> str:
        """Return a sheet name of at most 31 characters that is not taken."""
        suffix = "" if part == 1 else f" ({part})"
        for number in range(1, len(self._names) + 2):
            tail = (f"~{number}" if number > 1 else "") + suffix
            name = table[: _NAME_CHARACTERS - len(tail)] + tail
            if name.lower() not in self._names:
                self._names.add(name.lower())
                return name
        raise AssertionError(table)  # there are more names than sheets

    def _write_row(self, page: Any, line: int, row: tuple[Any, ...], rows: TableRows) -> int:
        """Write one row and return how many texts were cut."""
        cut = 0
        for number, (value, kind) in enumerate(zip(row, rows.columns.values(), strict=True)):
            if value is not None:
                cut += self._write_cell(page, line, number, value, kind)
        return cut

    def _write_cell(self, page: Any, line: int, number: int, value: Any, kind: str) -> bool:
        if isinstance(value, bool):
            page.write_boolean(line, number, value)
        elif isinstance(value, int | float | Decimal) and _is_exact(value):
            page.write_number(line, number, value, self._format(kind, {"num_format": _number_format(kind)}))
        elif isinstance(value, date) and _day(value) >= FIRST_DAY:
            page.write_datetime(line, number, value, self._format(kind, {"num_format": _moment_format(value)}))
        else:
            text = value.isoformat() if isinstance(value, date) else str(value)
            page.write_string(line, number, text[:CELL_CHARACTERS], self._text(text))
            return len(text) > CELL_CHARACTERS
        return False

    def _text(self, text: str) -> Any:
        """Return the format of a text; one that looks like a formula stays text even when the cell is edited."""
        if is_formula(text):
            return self._format("guarded", {"num_format": "@", "quote_prefix": True})
        return self._format("text", {"num_format": "@"})

    def _format(self, name: str, properties: dict[str, Any]) -> Any:
        if name not in self._formats:
            self._formats[name] = self._book.add_format(properties)
        return self._formats[name]


def _is_exact(value: float | Decimal) -> bool:
    """Return whether a spreadsheet holds the number without loss."""
    if isinstance(value, Decimal):
        return len(value.normalize().as_tuple().digits) <= EXACT_DIGITS
    return abs(value) < 10**EXACT_DIGITS if isinstance(value, int) else value - value == 0


def _number_format(kind: str) -> str:
    """Return how a number is shown: money with two decimals, decimals with as many as the column has."""
    if kind.startswith("DECIMAL("):
        scale = int(kind.rstrip(")").split(",")[1])
        return "#,##0.00" if scale == 2 else "0." + "0" * scale if scale else "0"
    return "General" if kind in ("DOUBLE", "FLOAT") else "0"


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _moment_format(value: date) -> str:
    return "yyyy-mm-dd hh:mm:ss" if isinstance(value, datetime) else "yyyy-mm-dd"
