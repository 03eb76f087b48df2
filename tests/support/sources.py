"""Draw files and mapping files, land them, and look at what landed."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from leadline.kernel.home import Home
from leadline.kernel.settings import Settings
from leadline.sources.land import LandReport, land
from leadline.warehouse.landing import EMPTY, Landing

LOADED_AT = datetime(2026, 3, 31, 6, tzinfo=UTC)

# A mapping of the smallest entity with money, a currency, a choice and a pair of days.
BILLS = """
source_system: erp
files:
  - match: "*.csv"
    entity: billing_schedule
    columns:
      schedule_id: Id
      contract_id: Contract
      period_start: From
      period_end: To
      due_date: Due
      amount: Amount
      currency: Currency
      status: Status
"""

# A file that fits it: two good rows.
GOOD_BILLS = """\
Id,Contract,From,To,Due,Amount,Currency,Status
B1,C1,2026-01-01,2026-01-31,2026-02-05,1000.50,EUR,planned
B2,C1,2026-02-01,2026-02-28,2026-03-05,250.25,USD,ready
"""


class Place:
    """A folder of drawn files beside a home."""

    def __init__(self, path: Path) -> None:
        self.files = path / "files"
        self.files.mkdir()
        self.mapping = path / "mapping.yml"
        (path / "home").mkdir()
        self.home = Home(path=path / "home", settings=Settings())
        self.landing = Landing(self.home.landing)

    def draw(self, name: str, content: str | bytes) -> Path:
        """Write one file to be landed."""
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def map(self, text: str) -> Path:
        """Write the mapping file."""
        self.mapping.write_text(textwrap.dedent(text), "utf-8")
        return self.mapping

    def empty(self) -> None:
        """Forget all drawn files and landed batches; the empty typed files stay."""
        drawn = [path for path in self.files.rglob("*") if path.is_file()]
        batches = [path for path in self.home.landing.rglob("*") if path.is_file() and path.name != EMPTY]
        for path in (*drawn, *batches):
            path.unlink()

    def land(self, *, loaded_at: datetime = LOADED_AT) -> LandReport:
        """Land all files under the mapping."""
        return land(self.files, [self.mapping], home=self.home, loaded_at=loaded_at)

    def rows(self, entity: str, *columns: str) -> list[dict[str, Any]]:
        """Return the landed rows of an entity in landing order."""
        frame = self.landing.scan(entity).collect()
        return frame.select(columns or frame.columns).to_dicts()

    def faults(self) -> list[tuple[int, str, str, str]]:
        """Return line, column, rule and what was found of every fault in quarantine."""
        frame = self.landing.quarantined().sort("source_line", "fault_number").collect()
        return frame.select("source_line", "column", "rule", "found").rows()

    def tree(self) -> Mapping[str, str]:
        """Return the digest of every file of the landing zone by path."""
        root = self.home.landing
        return {
            path.relative_to(root).as_posix(): sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }


def land_one(place: Place, entity: str, columns: str, table: str, *, options: str = "") -> LandReport:
    """Land one drawn table ``a | b`` under a mapping item of one entity."""
    lines = [[cell.strip() for cell in line.split("|")] for line in textwrap.dedent(table).strip().splitlines()]
    place.draw("drawn.csv", "\n".join(";".join(line) for line in lines) + "\n")
    item = f"match: drawn.csv\nentity: {entity}\ndelimiter: ';'\n{textwrap.dedent(options).strip()}\ncolumns:\n"
    item += textwrap.indent(textwrap.dedent(columns).strip(), "  ")
    text = "source_system: test\nfiles:\n  -\n" + textwrap.indent(item, "    ")
    place.map(text)
    return place.land()


def column_of(report: LandReport, place: Place, entity: str, column: str) -> pl.Series:
    """Return one landed column, in file order."""
    assert report.batches
    return place.landing.scan(entity).sort("source_line").collect()[column]
