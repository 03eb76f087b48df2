"""Print rows for people (a table) or programs (JSON, CSV) on stdout. What sources wrote is text, never markup."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from leadline.queue.export import as_csv

if TYPE_CHECKING:
    from rich.console import Console

Row = Mapping[str, Any]

# Wide enough for the tables when stdout is a file or a pipe.
PIPED_WIDTH = 200
# Cells up to this length are never broken over lines; longer columns give way.
SHORT = 20
# A terminal narrower than this is spared the columns that a table can do without.
NARROW = 120


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def print_rows(rows: Sequence[Row], form: Format, *, columns: Mapping[str, str], title: str = "") -> None:
    """Print rows. A table shows ``columns`` (key → heading); JSON and CSV hold every key of the rows."""
    if form is Format.JSON:
        sys.stdout.write(json.dumps(list(rows), indent=2, ensure_ascii=False) + "\n")
    elif form is Format.CSV:
        keys = list(dict.fromkeys(key for row in rows for key in row)) or list(columns)
        sys.stdout.write(as_csv(rows, keys))
    else:
        print_table(rows, columns, title=title)


def print_table(rows: Sequence[Row], columns: Mapping[str, str], *, title: str = "") -> None:
    """Print rows as a table; numbers to the right."""
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    heading_shown = any(columns.values())
    table = Table(
        title=Text(title, style="bold") if title else None,
        title_justify="left",
        box=SIMPLE if heading_shown else None,
        show_header=heading_shown,
        padding=(0, 1, 0, 2) if not heading_shown else (0, 1),
    )
    for key, heading in columns.items():
        numbers = any(isinstance(row.get(key), int | float) for row in rows)
        is_short = all(len(cell(row.get(key))) <= SHORT for row in rows)
        table.add_column(Text(heading), justify="right" if numbers else "left", overflow="fold", no_wrap=is_short)
    for row in rows:
        table.add_row(*(Text(cell(row.get(key))) for key in columns))
    console().print(table)


def print_text(text: str, *, style: str = "") -> None:
    """Print a line or paragraph as it is, wrapped to the terminal."""
    from rich.text import Text

    console().print(Text(printable(text), style=style))


def print_line(text: str) -> None:
    """Print one line unbroken, however narrow the terminal: commands and paths are there to be copied."""
    sys.stdout.write(printable(text) + "\n")


def console() -> Console:
    """Return the console for stdout, wide when it is not a terminal."""
    from rich.console import Console

    piped = None if sys.stdout.isatty() else PIPED_WIDTH
    return Console(file=sys.stdout, width=piped, highlight=False, soft_wrap=False)


def cell(value: Any) -> str:
    """Return a value as a person reads it in a table."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3f}"
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value)
    return printable(str(value))


def money(amount: Any, currency: str) -> str:
    """Return an amount with its currency, whole units, as a person reads it."""
    return f"{float(amount):,.0f} {currency}"


def printable(text: str) -> str:
    """Return text without the control characters by which a source could steer a terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text)
