"""Land what source systems delivered: find the files, read, check, and write them as batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from leadline.kernel.contracts import entity as contract
from leadline.kernel.counts import counted
from leadline.kernel.errors import Fault, InputError, LeadlineError, UsageError
from leadline.kernel.home import Home
from leadline.sources.checked import Checked, Delivery, batch_id, check, digest_of
from leadline.sources.columnar import read_parquet, table_of
from leadline.sources.delimited import read_csv
from leadline.sources.mapping import ColumnSource, FileMapping, KnownAt, RowFilter, SourceMapping
from leadline.sources.mapping_file import read_mappings
from leadline.warehouse.landing import BatchManifest, Landing, as_utc
from leadline.warehouse.snapshot import sha256_of

# Called before each file with files done, files in all, and the file's name.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Skipped:
    """A delivery that had landed before; nothing was added."""

    file: str
    entity: str
    batch_id: str
    landed_at: datetime


@dataclass(frozen=True)
class Refused:
    """A file of which nothing landed, and why."""

    file: str
    error: LeadlineError


@dataclass(frozen=True)
class LandReport:
    """What one landing did.

    Attributes:
        folder: the folder that was landed.
        batches: batches added, in the order they landed.
        skipped: deliveries that had landed before.
        refused: files of which nothing landed.
        unmatched: files that no mapping item matches.
        unused: places of mapping items that matched no file.
    """

    folder: Path
    batches: tuple[BatchManifest, ...]
    skipped: tuple[Skipped, ...]
    refused: tuple[Refused, ...]
    unmatched: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def rows_landed(self) -> int:
        return sum(batch.rows_landed for batch in self.batches)

    @property
    def rows_quarantined(self) -> int:
        return sum(batch.rows_quarantined for batch in self.batches)

    def raise_refused(self) -> None:
        """Raise what is wrong with the refused files, now that the others have landed.

        Raises:
            InputError: at least one file was refused; every fault is listed.
        """
        if len(self.refused) == 1:
            raise self.refused[0].error
        if self.refused:
            raise InputError(
                f"{counted(len(self.refused), 'file')} refused; the others landed.",
                where=str(self.folder),
                faults=[fault for one in self.refused for fault in _as_faults(one)],
                next_step="request these exports again, or correct the mapping; landing again loads only what is new",
            )


def land(
    folder: Path,
    mappings: Sequence[Path],
    *,
    home: Home,
    loaded_at: datetime,
    progress: Progress | None = None,
) -> LandReport:
    """Land every file below ``folder`` that the mapping files match; the caller holds the home's lock.

    A refused file does not keep the others from landing: see :meth:`LandReport.raise_refused`.

    Raises:
        ConfigurationError: a mapping file has faults; all are listed and nothing is landed.
        UsageError: the folder does not exist.
        InputError: no file matches any mapping item.
        HomeError: a batch cannot be written.
    """
    items = [item for mapping in read_mappings(mappings) for item in mapping.files]
    plan = _plan(folder, items)
    landing = Landing(home.landing)
    landing.ensure_typed()
    batches: list[BatchManifest] = []
    skipped: list[Skipped] = []
    refused: list[Refused] = []
    for done, (file, wanted) in enumerate(plan.items()):
        name = file.relative_to(folder).as_posix()
        if progress:
            progress(done, len(plan), name)
        try:
            delivery = Delivery(file=name, sha256=sha256_of(file), loaded_at=as_utc(loaded_at))
            new = _not_landed(landing, wanted, delivery, skipped)
            checked = _check_file(file, new, delivery)
        except OSError as exc:
            refused.append(Refused(name, _unreadable(file, exc)))
        except pl.exceptions.PanicException as exc:
            refused.append(Refused(name, _absurd(file, exc)))
        except InputError as exc:
            refused.append(Refused(name, exc))
        else:
            batches += [_add(landing, one) for one in checked]
    if progress:
        progress(len(plan), len(plan), "")
    return LandReport(
        folder=folder,
        batches=tuple(batches),
        skipped=tuple(skipped),
        refused=tuple(refused),
        unmatched=_unmatched(folder, plan, mappings),
        unused=tuple(item.place for item in items if not any(item in wanted for wanted in plan.values())),
    )


def land_rows(
    entity: str,
    rows: pl.DataFrame,
    *,
    source_system: str,
    home: Home,
    loaded_at: datetime,
    name: str,
) -> BatchManifest:
    """Land rows that already have canonical columns, such as decisions from the queue; ``name`` is used as the file
    name.

    ``known_at`` (naive UTC) and ``is_deleted`` may be among the columns. The same rows land once; landing them again
    returns the first batch. The caller holds the home's lock.

    Raises:
        ConfigurationError: unknown entity.
        InputError: there are no rows, a column is not the entity's, or no row fits the contract.
        HomeError: the batch cannot be written.
    """
    mapping = _identity(entity, rows, source_system, name)
    landing = Landing(home.landing)
    landing.ensure_typed()
    delivery = Delivery(file=name, sha256=digest_of(rows), loaded_at=as_utc(loaded_at))
    before = landing.find(batch_id(mapping, delivery.sha256))
    if before:
        return before
    return _add(landing, check(table_of(rows, lambda: rows), mapping, delivery))


def _plan(folder: Path, items: Sequence[FileMapping]) -> Mapping[Path, list[FileMapping]]:
    """Return each file that an item matches with all items that match it, sorted by path."""
    if not folder.is_dir():
        raise UsageError(
            "No such folder.",
            where=str(folder),
            next_step="pass the folder that holds the exported files",
        )
    matches = [(file, item) for item in items for file in folder.glob(item.match) if file.is_file()]
    plan: dict[Path, list[FileMapping]] = {file: [] for file in sorted({file for file, _ in matches})}
    for file, item in matches:
        plan[file].append(item)
    if not plan:
        raise InputError(
            "No file matches the mapping.",
            where=str(folder),
            expected="a file that matches " + ", ".join(sorted({item.match for item in items})),
            found=", ".join(_files(folder)[:20]) or "no files",
            next_step="check the folder, or the match patterns of the mapping file",
        )
    return plan


def _not_landed(
    landing: Landing, wanted: Sequence[FileMapping], delivery: Delivery, skipped: list[Skipped]
) -> list[FileMapping]:
    """Return the items under which the file has not landed yet, and record the others as skipped."""
    new: dict[str, FileMapping] = {}
    for item in wanted:
        name = batch_id(item, delivery.sha256)
        before = landing.find(name)
        if before:
            skipped.append(Skipped(delivery.file, item.entity, name, before.loaded_at))
        else:
            new.setdefault(name, item)
    return list(new.values())


def _check_file(file: Path, items: Sequence[FileMapping], delivery: Delivery) -> list[Checked]:
    """Read and check a file for every item before any of it is written, so that it lands whole or not at all."""
    checked = []
    for layout in dict.fromkeys(item.layout for item in items):
        alike = [item for item in items if item.layout == layout]
        columns = sorted({column for item in alike for column in item.source_columns})
        read = read_parquet if alike[0].format == "parquet" else read_csv
        raw = read(file, alike[0], columns)
        checked += [check(raw, item, delivery) for item in alike]
    return checked


def _add(landing: Landing, checked: Checked) -> BatchManifest:
    return landing.add(checked.manifest, rows=checked.rows, quarantine=checked.quarantine)


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _unmatched(folder: Path, plan: Mapping[Path, object], mappings: Sequence[Path]) -> tuple[str, ...]:
    known = {path.resolve() for path in (*plan, *mappings)}
    return tuple(name for name in _files(folder) if (folder / name).resolve() not in known)


def _unreadable(file: Path, exc: OSError) -> InputError:
    return InputError(
        "Cannot read the file.",
        where=str(file),
        found=exc.strerror or str(exc),
        next_step="check its permissions, then land again",
    )


def _absurd(file: Path, exc: BaseException) -> InputError:
    return InputError(
        "The file holds impossible values and was refused.",
        where=str(file),
        found=str(exc).splitlines()[0],
        next_step="request the export again",
    )


def _as_faults(refused: Refused) -> list[Fault]:
    error = refused.error
    if error.faults:
        return [Fault(f"{refused.file}, {fault.where}", fault.expected, fault.found) for fault in error.faults]
    return [Fault(refused.file, error.expected or "a whole file", error.found or error.what)]


def _identity(entity: str, rows: pl.DataFrame, source_system: str, name: str) -> FileMapping:
    """Return the identity mapping of canonical columns."""
    columns = contract(entity).columns
    extra = [column for column in rows.columns if column not in (*columns, "known_at", "is_deleted")]
    if extra or not rows.height:
        raise InputError(
            "The rows are not of this entity." if extra else "There are no rows to land.",
            where=f"{name} as {entity}",
            expected="columns of " + ", ".join(columns),
            found=", ".join(extra) or "no rows",
        )
    return FileMapping(
        place=name,
        source_system=source_system,
        match=name,
        entity=entity,
        format="parquet",
        columns={column: ColumnSource("column", (column,)) for column in columns if column in rows.columns},
        known_at=KnownAt("known_at") if "known_at" in rows.columns else None,
        deleted=RowFilter("is_deleted", "values", ("true",)) if "is_deleted" in rows.columns else None,
    )


__all__ = ["LandReport", "Progress", "Refused", "Skipped", "SourceMapping", "land", "land_rows"]
