"""The landing zone: append-only batches of canonical rows, each with a manifest that says what it holds.

A batch exists once its manifest does. Its Parquet files are written before, each to a hidden name, flushed to disk and
renamed; what an interrupted run leaves without a manifest is removed by the next :meth:`Landing.recover`.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from leadline.kernel.contracts import entities, entity
from leadline.kernel.errors import Fault, HomeError, IntegrityError
from leadline.kernel.files import write_atomically
from leadline.warehouse.schema import landing_schema
from leadline.warehouse.snapshot import sha256_of

MANIFESTS = "_manifests"
QUARANTINE = "_quarantine"
EMPTY = "_empty.parquet"

# One row per fault; a bad row's first fault has number 1, so ``where fault_number = 1`` counts rows.
QUARANTINE_SCHEMA: Mapping[str, pl.DataType] = MappingProxyType(
    {
        "batch_id": pl.String(),
        "entity": pl.String(),
        "source_system": pl.String(),
        "file": pl.String(),
        "source_line": pl.Int64(),
        "fault_number": pl.Int64(),
        "column": pl.String(),
        "source_column": pl.String(),
        "rule": pl.String(),
        "expected": pl.String(),
        "found": pl.String(),
        "raw": pl.String(),
        "loaded_at": pl.Datetime("us"),
    }
)

_BATCH_FILE = re.compile(r"[0-9a-f]{16}\.(parquet|json)")


@dataclass(frozen=True)
class MoneyTotal:
    """What one money column of a batch adds up to in one currency; ``read`` = ``landed`` + ``quarantined``.

    ``currency`` is empty where the row named none. Amounts that are no numbers count in no total.
    """

    column: str
    currency: str
    read: Decimal
    landed: Decimal
    quarantined: Decimal


@dataclass(frozen=True)
class BatchManifest:
    """What one batch is: one entity out of one file under one mapping.

    Rows: ``rows_in_file`` = ``rows_filtered`` + ``rows_read``; ``rows_read`` = ``rows_landed`` + ``rows_quarantined``.
    ``rows_superseded`` counts the landed rows that a later row of the same batch replaces (same key and ``known_at``).
    ``known_from`` and ``known_until`` span the landed rows' ``known_at`` (naive UTC), null when none landed.
    ``quarantine_sha256`` is empty when no row was quarantined.
    """

    batch_id: str
    entity: str
    source_system: str
    file: str
    file_sha256: str
    mapping_sha256: str
    loaded_at: datetime
    rows_in_file: int
    rows_filtered: int
    rows_read: int
    rows_landed: int
    rows_quarantined: int
    rows_superseded: int
    money: tuple[MoneyTotal, ...]
    known_from: datetime | None
    known_until: datetime | None
    parquet_sha256: str = ""
    quarantine_sha256: str = ""

    def to_json(self) -> str:
        """Return the manifest as the text of its file."""
        return json.dumps(asdict(self), indent=2, sort_keys=True, default=_plain) + "\n"


def manifest_from_json(text: str) -> BatchManifest:
    """Read a manifest back from the text of its file.

    Raises:
        ValueError: the text is no manifest.
    """
    try:
        spec: dict[str, Any] = json.loads(text)
        spec["money"] = tuple(_money_total(total) for total in spec["money"])
        for name in ("loaded_at", "known_from", "known_until"):
            spec[name] = None if spec[name] is None else datetime.fromisoformat(spec[name])
        return BatchManifest(**spec)
    except (TypeError, KeyError, AttributeError, ArithmeticError) as exc:
        raise ValueError(f"not a manifest: {exc!r}") from exc


def batch_id_of(entity_name: str, *, file_sha256: str, mapping_sha256: str) -> str:
    """Return the id of a delivery: the same entity, bytes and mapping are the same batch."""
    return hashlib.sha256(f"{entity_name}\n{file_sha256}\n{mapping_sha256}".encode()).hexdigest()[:16]


class Landing:
    """The landing zone in one folder. Whoever writes holds the home's lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def batches(self) -> tuple[BatchManifest, ...]:
        """Return every batch, oldest load first.

        Raises:
            IntegrityError: a manifest cannot be read; all that cannot are listed.
        """
        found: list[BatchManifest] = []
        faults: list[Fault] = []
        for path in sorted((self.path / MANIFESTS).glob("*.json")):
            try:
                found.append(manifest_from_json(path.read_text("utf-8")))
            except (OSError, ValueError) as exc:
                faults.append(Fault(where=str(path), expected="a batch manifest", found=str(exc)))
        _refuse(faults)
        return tuple(sorted(found, key=lambda batch: (batch.loaded_at, batch.entity, batch.batch_id)))

    def entities(self) -> tuple[str, ...]:
        """Return the names of the entities of which rows were landed, sorted."""
        return tuple(sorted({batch.entity for batch in self.batches() if batch.rows_landed}))

    def find(self, batch_id: str) -> BatchManifest | None:
        """Return one batch, or nothing when it never landed.

        Raises:
            IntegrityError: its manifest cannot be read.
        """
        path = self._manifest_path(batch_id)
        if not path.is_file():
            return None
        try:
            return manifest_from_json(path.read_text("utf-8"))
        except ValueError as exc:
            fault = Fault(where=str(path), expected="a batch manifest", found=str(exc))
            raise _integrity_error([fault]) from exc

    def scan(self, entity_name: str, *, batches: Sequence[BatchManifest] | None = None) -> pl.LazyFrame:
        """Return every landed row of an entity, in the contract's columns; empty when none landed.

        ``batches`` spares reading the manifests again.
        """
        contract = entity(entity_name)
        known = self.batches() if batches is None else batches
        paths = [self.rows_path(batch) for batch in known if batch.entity == contract.name]
        schema = landing_schema(contract)
        if not paths:
            return pl.LazyFrame(schema=schema)
        return pl.concat([pl.scan_parquet(path) for path in paths], how="diagonal").select(list(schema))

    def quarantined(self) -> pl.LazyFrame:
        """Return every quarantined row, one row per fault."""
        paths = [self.quarantine_path(batch) for batch in self.batches() if batch.rows_quarantined]
        empty = pl.LazyFrame(schema=dict(QUARANTINE_SCHEMA))
        return pl.concat([empty, *(pl.scan_parquet(path) for path in paths)])

    def rows_path(self, batch: BatchManifest) -> Path:
        """Return where a batch's rows are."""
        return self.path / batch.entity / f"{batch.batch_id}.parquet"

    def quarantine_path(self, batch: BatchManifest) -> Path:
        """Return where a batch's bad rows are, if it has any."""
        return self.path / QUARANTINE / f"{batch.batch_id}.parquet"

    def add(self, batch: BatchManifest, *, rows: pl.DataFrame, quarantine: pl.DataFrame) -> BatchManifest:
        """Write one batch, whole or not at all, and return its manifest with the files' sha256.

        Raises:
            HomeError: the disk refused; what was written of the batch is gone again.
        """
        try:
            quarantine_sha256 = ""
            if quarantine.height:
                quarantine_sha256 = write_atomically(self.quarantine_path(batch), parquet_bytes(quarantine))
            parquet_sha256 = write_atomically(self.rows_path(batch), parquet_bytes(rows))
            landed = replace(batch, parquet_sha256=parquet_sha256, quarantine_sha256=quarantine_sha256)
            write_atomically(self._manifest_path(batch.batch_id), landed.to_json().encode())
        except OSError as exc:
            self._remove(batch)
            raise HomeError(
                "Cannot write the batch; none of it was kept.",
                where=str(self.path),
                found=str(exc),
                next_step="free disk space or check permissions, then land again",
            ) from exc
        return landed

    def recover(self) -> tuple[str, ...]:
        """Remove what an interrupted run left without a manifest; return the names removed."""
        known = {path.stem for path in (self.path / MANIFESTS).glob("*.json")}
        stray = [path for path in self._batch_files() if path.stem not in known]
        stray += self.path.glob("*/.*.tmp")
        for path in sorted(stray):
            path.unlink()
        return tuple(path.relative_to(self.path).as_posix() for path in sorted(stray))

    def ensure_typed(self) -> None:
        """Give every entity's folder, and the quarantine, an empty file of the right types so that globs match.

        Also removes what an interrupted run left, so that a glob reads whole batches only.
        """
        self.recover()
        for contract in entities().values():
            _ensure_empty(self.path / contract.name / EMPTY, landing_schema(contract))
        _ensure_empty(self.path / QUARANTINE / EMPTY, QUARANTINE_SCHEMA)

    def verify(self) -> tuple[BatchManifest, ...]:
        """Check every landed file against its manifest and return the batches.

        Raises:
            IntegrityError: a file is missing, changed, or has no manifest; all are listed.
        """
        batches = self.batches()
        faults: list[Fault] = []
        for batch in batches:
            faults += _check(self.rows_path(batch), batch.parquet_sha256)
            if batch.rows_quarantined:
                faults += _check(self.quarantine_path(batch), batch.quarantine_sha256)
        known = {batch.batch_id for batch in batches}
        faults += [
            Fault(where=str(path), expected="a manifest for it", found="none")
            for path in self._batch_files()
            if path.stem not in known
        ]
        _refuse(faults)
        return batches

    def _batch_files(self) -> list[Path]:
        paths = sorted(self.path.glob("*/*.parquet"))
        return [path for path in paths if _BATCH_FILE.fullmatch(path.name)]

    def _manifest_path(self, batch_id: str) -> Path:
        return self.path / MANIFESTS / f"{batch_id}.json"

    def _remove(self, batch: BatchManifest) -> None:
        for path in (self._manifest_path(batch.batch_id), self.rows_path(batch), self.quarantine_path(batch)):
            path.unlink(missing_ok=True)


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """Return a frame as the bytes of a Parquet file; the same frame gives the same bytes."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=True)
    return buffer.getvalue()


def _ensure_empty(path: Path, schema: Mapping[str, pl.DataType]) -> None:
    if path.is_file() and dict(pl.read_parquet_schema(path)) == dict(schema):
        return
    write_atomically(path, parquet_bytes(pl.DataFrame(schema=dict(schema))))


def _check(path: Path, expected: str) -> Iterable[Fault]:
    found = sha256_of(path) if path.is_file() else "no file"
    return [] if found == expected else [Fault(where=str(path.resolve()), expected=f"sha256 {expected}", found=found)]


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise _integrity_error(faults)


def _integrity_error(faults: list[Fault]) -> IntegrityError:
    return IntegrityError(
        "The landing zone does not match its manifests.",
        faults=faults,
        next_step="restore these files from a backup; or delete the batch's files and manifest and land its file again",
    )


def _money_total(spec: Mapping[str, str]) -> MoneyTotal:
    return MoneyTotal(
        column=spec["column"],
        currency=spec["currency"],
        read=Decimal(spec["read"]),
        landed=Decimal(spec["landed"]),
        quarantined=Decimal(spec["quarantined"]),
    )


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a manifest")


def as_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; a naive one is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
