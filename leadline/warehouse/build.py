"""Build the warehouse from landing, gate it, publish it. A pure function of landing, governance and code."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from leadline.kernel import clock
from leadline.kernel.errors import (
    BusyError,
    ConfigurationError,
    Fault,
    GateError,
    HomeError,
    InsufficientDataError,
)
from leadline.kernel.home import Home
from leadline.kernel.project import root
from leadline.warehouse import parse_cache, publish, rules
from leadline.warehouse.connection import sample
from leadline.warehouse.dbt import Change, DbtReport, run_dbt
from leadline.warehouse.increment import Increment, since
from leadline.warehouse.landing import BatchManifest, Landing
from leadline.warehouse.point_in_time import naive
from leadline.warehouse.snapshot import DATABASE, Snapshot, sha256_of

# Raised when what a snapshot folder holds changes its shape, so that old ones are rebuilt.
FORMAT = 2
# Settings that change what the tables say.
SETTINGS = ("reporting_currency", "integration_profile")
GOVERNANCE = "governance"
CODE_SUFFIXES = (".sql", ".yml", ".csv", ".md")
SCRATCH = ("target", "logs", "dbt_packages")
# Unit tests prove the code, not the data: a build neither runs nor depends on them.
PROOFS = "__rules.yml"

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Plan:
    """Everything a build depends on, and the id that follows from it."""

    home: Home
    as_of: datetime | None
    batches: tuple[BatchManifest, ...]
    code: Mapping[str, Path]

    @cached_property
    def basis(self) -> str:
        """A hash (16 hex digits) of code, governance and settings: all but what was landed and the cut."""
        settings = self.home.settings
        return _digest(
            {
                "format": FORMAT,
                "code": {name: sha256_of(path) for name, path in sorted(self.code.items())},
                "settings": {name: str(getattr(settings, name)) for name in SETTINGS},
            }
        )

    @cached_property
    def snapshot_id(self) -> str:
        """A hash (16 hex digits): the same landing, cut, governance, settings and code are the same snapshot."""
        return _digest(
            {
                "basis": self.basis,
                "as_of": self.as_of.isoformat() if self.as_of else None,
                "batches": sorted((batch.batch_id, batch.parquet_sha256) for batch in self.batches),
            }
        )


def _digest(inputs: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


def build(
    home: Home, *, as_of: datetime | None = None, force: bool = False, progress: Progress | None = None
) -> Snapshot:
    """Build and publish the warehouse; return the published snapshot.

    When nothing it depends on has changed, the snapshot that is already there is returned. When only batches were
    added, the tables of the snapshot before that they reach are updated; the published Parquet files are the same to
    the byte. ``force`` rebuilds everything. ``as_of`` builds from what was known by then only. ``progress`` gets
    each step and the share done, 0 to 1.

    Raises:
        BusyError: another build holds the home.
        HomeError: nothing was landed.
        InsufficientDataError: ``as_of`` is before the first landed row.
        IntegrityError: a landed file is not what its manifest says.
        ConfigurationError: governance tables or the dbt project cannot be read.
        GateError: a structural gate failed; the previous snapshot stays current.
    """
    tell = progress or _silent
    with _alone(home):
        tell("check landing", 0.0)
        publish.sweep(home.warehouse)
        plan = Plan(home=home, as_of=naive(as_of) if as_of else None, batches=_landed(home), code=project_files(home))
        _require_rows(plan)
        snapshot_id = plan.snapshot_id
        ready = None if force else _find(home.warehouse, snapshot_id)
        if ready is not None:
            publish.point_to(ready)
            return Snapshot(ready)
        increment = Increment() if force or as_of else since(home.warehouse, basis=plan.basis, batches=plan.batches)
        with _workplace(home, snapshot_id) as folder:
            report = _run(plan, increment, folder, tell)
            return _publish(plan, increment, folder, report, tell)


def _silent(step: str, share: float) -> None:
    """Report nothing."""


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    home.warehouse.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.warehouse / "build.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as exc:
        raise BusyError(
            "Another build is running.",
            where=lock.lock_file,
            next_step="wait for it to end, then run leadline build again",
        ) from exc
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _workplace(home: Home, snapshot_id: str) -> Iterator[Path]:
    """Give a folder to build in, and take it away again when the build fails."""
    import duckdb

    folder = publish.start(home.warehouse, snapshot_id)
    try:
        yield folder
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as exc:
        raise HomeError(
            "Cannot write the warehouse; the previous snapshot stays current.",
            where=str(home.warehouse),
            found=str(exc),
            next_step="free disk space or memory, or check permissions, then run leadline build again",
        ) from exc
    finally:
        publish.discard(folder)


def _landed(home: Home) -> tuple[BatchManifest, ...]:
    landing = Landing(home.landing)
    landing.recover()
    return landing.verify()


def _require_rows(plan: Plan) -> None:
    first = min((batch.known_from for batch in plan.batches if batch.known_from), default=None)
    if first is None:
        raise HomeError(
            "Nothing to build: no data has landed.",
            where=str(plan.home.landing),
            expected="at least one landed row",
            next_step="leadline land --mapping FILE your exports, or leadline demo for a demo firm",
        )
    if plan.as_of is not None and plan.as_of < naive(first):
        raise InsufficientDataError(
            "The as-of is before the data.",
            expected=f"{naive(first).isoformat()} (when the first row was known) or later",
            found=plan.as_of.isoformat(),
            next_step="pass a later --as-of",
        )


def project_files(home: Home) -> dict[str, Path]:
    """Return the files of the dbt project by relative name, the home's governance tables over the shipped seeds.

    Raises:
        ConfigurationError: a table in the home's governance folder is none of the shipped ones, or has other columns.
    """
    project = root() / "dbt_project"
    files = (path for path in project.rglob("*") if path.suffix in CODE_SUFFIXES and not path.name.endswith(PROOFS))
    named = {path.relative_to(project).as_posix(): path for path in files}
    shipped = {name: path for name, path in named.items() if name.split("/")[0] not in SCRATCH}
    own = {f"seeds/{path.name}": path for path in sorted((home.path / GOVERNANCE).glob("*.csv"))}
    faults = [fault for name, path in own.items() for fault in _governance_faults(path, shipped.get(name), shipped)]
    if faults:
        raise ConfigurationError(
            "Invalid governance tables in the home.",
            faults=faults,
            next_step="start from a copy of the shipped table in dbt_project/seeds (docs/warehouse.md)",
        )
    return shipped | own


def _governance_faults(own: Path, replaced: Path | None, shipped: Mapping[str, Path]) -> Iterator[Fault]:
    """Return what is wrong with the home's governance tables: names or columns."""
    if replaced is None:
        tables = sorted(Path(name).stem for name in shipped if name.startswith("seeds/") and name.endswith(".csv"))
        yield Fault(where=str(own), expected="one of " + ", ".join(tables), found=own.stem)
        return
    expected, found = (
        path.read_text("utf-8-sig", errors="replace").partition("\n")[0].strip() for path in (replaced, own)
    )
    if expected != found:
        yield Fault(where=f"{own}, line 1", expected=expected, found=found or "nothing")


def _find(warehouse: Path, snapshot_id: str) -> Path | None:
    """Return the published snapshot of that id, the newest when it was forced more than once."""
    found = [folder for folder in publish.published(warehouse) if folder.name.split("-")[0] == snapshot_id]
    return found[-1] if found else None


def _run(plan: Plan, increment: Increment, folder: Path, tell: Progress) -> DbtReport:
    """Run dbt on a frozen copy of the project, so that what was hashed is what runs."""
    increment.begin(folder)
    project = folder / "dbt"
    for name, source in plan.code.items():
        target = project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    settings = plan.home.settings
    variables = {
        "landing": str(plan.home.landing),
        "as_of": plan.as_of.isoformat(sep=" ") if plan.as_of else "",
        "reporting_currency": settings.reporting_currency,
        "integration_profile": settings.integration_profile,
        **increment.variables,
    }
    options = ["--no-write-json", "--vars", json.dumps(variables)]
    options += ["--profiles-dir", str(project), "--log-path", str(project / "logs")]

    def run(change: Change | None) -> DbtReport:
        return run_dbt(
            ["build", "--exclude-resource-type", "unit_test"],
            options,
            project=project,
            environment={"LEADLINE_DATABASE": str(folder / DATABASE)},
            reading=parse_cache.place(plan.code, incremental=increment.base is not None),
            change=change,
            progress=lambda step, share: tell(step, 0.05 + 0.8 * share),
        )

    change = increment.change
    report = run(change)
    if change and change.ends and not increment.kept_the_day(folder):
        report = run(None)
    _gate(report, folder)
    for scratch in (project, folder / f"{DATABASE}.tmp"):
        publish.discard(scratch)
    return report


def _gate(report: DbtReport, folder: Path) -> None:
    if not report.failures:
        return
    faults = [
        Fault(
            where=f"{failure.kind} {failure.name}",
            expected="no row" if failure.kind == "test" else "to run",
            found=_shown(failure.message, sample(folder / DATABASE, failure.sql) if failure.kind == "test" else []),
        )
        for failure in report.failures
    ]
    if any(failure.kind == "seed" for failure in report.failures):
        raise ConfigurationError(
            "Cannot read a governance table; nothing was published.",
            faults=faults,
            next_step="correct the value named above; the shipped table in dbt_project/seeds shows the types",
        )
    raise GateError(
        f"The build did not pass {len(faults)} gate{'s' if len(faults) > 1 else ''}; nothing was published.",
        faults=faults,
        next_step="see docs/runbooks/build.md, 'A gate failed'; the previous snapshot stays current",
    )


def _shown(message: str, rows: Sequence[Mapping[str, Any]]) -> str:
    examples = "; ".join(", ".join(f"{name}={value}" for name, value in row.items()) for row in rows)
    return f"{message.strip()} — for example {examples}" if examples else message.strip()


def _publish(plan: Plan, increment: Increment, folder: Path, report: DbtReport, tell: Progress) -> Snapshot:
    tell("write Parquet", 0.85)
    contents = publish.export(folder, carried=increment.carry_over(folder, made=report.made))
    rules.write(increment.rules | dict(report.rules), folder)
    warehouse = plan.home.warehouse
    manifest = {
        "snapshot_id": plan.snapshot_id,
        "basis": plan.basis,
        "built_from": increment.base.folder.name if increment.base else None,
        "sequence": publish.next_sequence(warehouse),
        "built_at": clock.now().isoformat(),
        "as_of": plan.as_of.isoformat() if plan.as_of else None,
        "known_until": contents.known_until.isoformat() if contents.known_until else None,
        "reporting_currency": plan.home.settings.reporting_currency,
        "integration_profile": plan.home.settings.integration_profile,
        "batches": [batch.batch_id for batch in plan.batches],
        "gates": dict(sorted(report.passed.items())),
        "versions": {name: version(name) for name in ("leadline", "dbt-core", "dbt-duckdb", "duckdb")},
        "database": {"sha256": sha256_of(folder / DATABASE)},
        "rules": {"sha256": sha256_of(folder / rules.FILE)},
        "tables": contents.tables,
        "views": contents.views,
    }
    tell("publish", 0.97)
    final = publish.finish(folder, manifest)
    publish.prune(warehouse, keep=plan.home.settings.keep_snapshots)
    tell("published", 1.0)
    return Snapshot(final)
