"""Read a published snapshot. Its Parquet files are checked against the manifest before the first read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from leadline.kernel.contracts import entity as contract
from leadline.kernel.errors import ConfigurationError, HomeError, IntegrityError
from leadline.warehouse import rules
from leadline.warehouse.point_in_time import as_history, as_known, without_deleted
from leadline.warehouse.rules import Rules

MANIFEST = "manifest.json"
PARQUET = "parquet"
DATABASE = "warehouse.duckdb"


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def row_order(table: str) -> str:
    """Return the SQL order of a published table's rows: a core table's by key and origin, any other's by all columns.

    In the DuckDB file rows lie as builds left them, and the history of builds must not show in what is handed out.
    """
    if not table.startswith("core_"):
        return "all"
    key = contract(table.removeprefix("core_")).key
    return ", ".join([*key, "source_system", "known_at", "batch_id", "source_line"])


class Snapshot:
    """One published snapshot of the warehouse; a `leadline.warehouse.point_in_time.PointInTimeReader`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = _read_manifest(folder)
        self.snapshot_id: str = self.manifest["snapshot_id"]
        self.reporting_currency: str = self.manifest["reporting_currency"]
        until = self.manifest["known_until"]
        self.known_until: datetime | None = datetime.fromisoformat(until) if until else None
        self._checked: set[str] = set()
        self._rules: Rules | None = None

    @property
    def database(self) -> Path:
        """Path of the DuckDB file, for readers who want SQL."""
        return self.folder / DATABASE

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of all published tables."""
        return tuple(sorted(self.manifest["tables"]))

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each published table and view, by name; a view is in the database alone and has no Parquet file."""
        listed = self.manifest["tables"] | self.manifest.get("views", {})
        return {name: entry["rows"] for name, entry in sorted(listed.items())}

    def has(self, entity: str) -> bool:
        contract(entity)
        return bool(self.manifest["tables"][f"core_{entity}"]["rows"])

    def core(self, entity: str, *, as_of: datetime) -> pl.LazyFrame:
        return without_deleted(as_known(self._versions(entity), as_of=as_of))

    def history(self, entity: str, *, as_of: datetime) -> pl.LazyFrame:
        return as_history(self._versions(entity), as_of=as_of)

    def mart(self, name: str, *, as_of: datetime | None = None) -> pl.LazyFrame:
        frame = self._scan(name)
        return frame if as_of is None else as_known(frame, as_of=as_of)

    def rule(self, name: str, *, as_of: datetime, columns: Sequence[str] = ()) -> pl.LazyFrame:
        return self._opened_rules().answer(name, as_of=as_of, columns=columns).lazy()

    def rule_part(self, name: str, *, as_of: datetime, columns: Sequence[str], where: str) -> pl.LazyFrame:
        return self._opened_rules().part(name, as_of=as_of, columns=columns, where=where).lazy()

    def verify(self) -> None:
        """Check every published file against the manifest.

        Raises:
            IntegrityError: a file is missing or changed.
        """
        for table in self.tables:
            self.check(table)
        self.verify_database()
        self._verify_rules()

    def check(self, table: str) -> None:
        """Check one published table's Parquet file against the manifest.

        Raises:
            IntegrityError: it is missing or changed.
        """
        _check(self.folder / PARQUET / f"{table}.parquet", self.manifest["tables"][table]["sha256"])

    def verify_database(self) -> None:
        """Check the DuckDB file against the manifest.

        Raises:
            IntegrityError: it is missing or changed.
        """
        _check(self.database, self.manifest["database"]["sha256"])

    def _opened_rules(self) -> Rules:
        if self._rules is None:
            self.verify_database()
            self._verify_rules()
            texts = rules.read(self.folder)
            self._rules = rules.open_rules(self.database, texts, reporting_currency=self.reporting_currency)
        return self._rules

    def _verify_rules(self) -> None:
        if "rules" in self.manifest:  # a snapshot of version 0.2.0 or before has none
            _check(self.folder / rules.FILE, self.manifest["rules"]["sha256"])

    def _versions(self, entity: str) -> pl.LazyFrame:
        return self._scan(f"core_{contract(entity).name}")

    def _scan(self, table: str) -> pl.LazyFrame:
        entry = self.manifest["tables"].get(table)
        if entry is None:
            raise ConfigurationError(
                "No such table in the snapshot.", found=table, expected="one of " + ", ".join(self.tables)
            )
        path = self.folder / PARQUET / f"{table}.parquet"
        if table not in self._checked:
            _check(path, entry["sha256"])
            self._checked.add(table)
        return pl.scan_parquet(path)


def open_current(warehouse: Path) -> Snapshot:
    """Open the snapshot published last.

    Raises:
        HomeError: nothing was published yet.
        IntegrityError: its manifest is damaged.
    """
    current = warehouse / "current"
    if not (current / MANIFEST).is_file():
        raise HomeError(
            "The warehouse has not been built yet.",
            where=str(warehouse),
            next_step="leadline build, after leadline land; a build that is running publishes at its end",
        )
    return Snapshot(current.resolve())


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as exc:
        raise IntegrityError(
            "Cannot read the snapshot's manifest.", where=str(path), found=str(exc), next_step="leadline build"
        ) from exc
    return manifest


def _check(path: Path, expected: str) -> None:
    found = sha256_of(path) if path.is_file() else "no file"
    if found != expected:
        raise IntegrityError(
            "A published file does not match its manifest.",
            where=str(path),
            expected=f"sha256 {expected}",
            found=found,
            next_step="leadline build --force publishes a fresh snapshot from landing",
        )
