"""Bring a home made by Leadline 0.1 to the form of 0.2: what people see of a score is called ``score``.

Four things change outside the ops store, which upgrades itself: the column ``stem`` of landed decisions and of the
firm's own governance tables, the setting ``audit_heads``, and the name of the audit's checkpoint file. The checkpoint
file is renamed last: as long as it has its old name the home counts as old, so an interrupted migration is simply run
again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from leadline.kernel.errors import Fault, IntegrityError
from leadline.kernel.files import write_atomically
from leadline.kernel.home import CONFIG_NAME, OLD_CHECKPOINTS
from leadline.warehouse.landing import MANIFESTS, BatchManifest, Landing, parquet_bytes

ENTITY = "decision"
OLD, NEW = "stem", "score"
CHECKPOINTS = "audit-checkpoints.jsonl"
_OLD_SETTING = re.compile(rb"(?m)^(\s*)audit_heads(\s*=)")


@dataclass(frozen=True)
class Change:
    """One file of the home that was brought to the new form."""

    file: str
    what: str


def migrate_files(home: Path) -> list[Change]:
    """Bring the files of a home to the new form and return what changed, nothing when it has it already.

    The caller holds the home's lock. Every file is replaced whole.

    Raises:
        IntegrityError: a landed batch is not what its manifest says; it and the rest of the home stay as they were.
    """
    batches = _old_batches(Landing(home / "landing"))
    changes = [_rename_column(home, batch) for batch in batches]
    changes += [_rename_header(home, path) for path in _old_tables(home / "governance")]
    changes += _rename_setting(home)
    changes += _rename_checkpoints(home)
    return changes


def _old_batches(landing: Landing) -> list[BatchManifest]:
    """Return the batches of decisions in the old form, all of them checked against their manifests first."""
    old = [batch for batch in landing.batches() if batch.entity == ENTITY and _is_old(landing, batch)]
    faults = [
        Fault(where=str(landing.rows_path(batch)), expected=f"sha256 {batch.parquet_sha256}", found="other content")
        for batch in old
        if batch.parquet_sha256 not in _digests(landing.rows_path(batch))
    ]
    if faults:
        raise IntegrityError(
            "Landed decisions are not what their manifests say; nothing was migrated.",
            faults=faults,
            next_step="restore these files from a backup, then run leadline migrate again",
        )
    return old


def _is_old(landing: Landing, batch: BatchManifest) -> bool:
    path = landing.rows_path(batch)
    return OLD in pl.read_parquet_schema(path) or batch.parquet_sha256 != _digest(path.read_bytes())


def _digests(path: Path) -> set[str]:
    """Return the sha256 of a batch's file, and what it was before an interrupted migration renamed its column."""
    rows = pl.read_parquet(path)
    before = rows.rename({NEW: OLD}) if NEW in rows.columns else rows
    return {_digest(path.read_bytes()), _digest(parquet_bytes(before))}


def _rename_column(home: Path, batch: BatchManifest) -> Change:
    landing = Landing(home / "landing")
    path = landing.rows_path(batch)
    rows = pl.read_parquet(path)
    sha256 = write_atomically(path, parquet_bytes(rows.rename({OLD: NEW}, strict=False)))
    manifest = landing.path / MANIFESTS / f"{batch.batch_id}.json"
    write_atomically(manifest, replace(batch, parquet_sha256=sha256).to_json().encode())
    return Change(path.relative_to(home).as_posix(), f"column {OLD} is {NEW}")


def _old_tables(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.glob("*.csv")):
        if OLD.encode() in _columns(path.read_bytes()):
            yield path


def _columns(content: bytes) -> list[bytes]:
    header = content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    return [name.strip().strip(b'"') for name in header.split(b",")]


def _rename_header(home: Path, path: Path) -> Change:
    header, newline, rows = path.read_bytes().partition(b"\n")
    renamed = re.sub(rb"(^|,|\xbf|\")stem(?=,|\"|\r|$)", rb"\g<1>score", header)
    write_atomically(path, renamed + newline + rows)
    return Change(path.relative_to(home).as_posix(), f"column {OLD} is {NEW}")


def _rename_setting(home: Path) -> Iterator[Change]:
    config = home / CONFIG_NAME
    content = config.read_bytes() if config.is_file() else b""
    renamed = _OLD_SETTING.sub(rb"\1audit_checkpoints\2", content)
    if renamed != content:
        write_atomically(config, renamed)
        yield Change(CONFIG_NAME, "setting audit_heads is audit_checkpoints")


def _rename_checkpoints(home: Path) -> Iterator[Change]:
    old = home / OLD_CHECKPOINTS
    if old.is_file():
        old.replace(home / CHECKPOINTS)
        yield Change(CHECKPOINTS, f"was {OLD_CHECKPOINTS}")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
