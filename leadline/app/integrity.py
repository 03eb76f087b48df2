"""Check everything a home stores against what was written down when it was stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from leadline.app.progress import Steps
from leadline.app.wiring import Parts
from leadline.kernel.counts import counted
from leadline.kernel.errors import Fault, IntegrityError, LeadlineError
from leadline.kernel.home import Home
from leadline.kernel.scores import SCORES

Row = dict[str, Any]

# Returns what was checked, in words; raises when something is not what it should be.
Check = Callable[[Parts, Home], str]


def verify_home(parts: Parts, home: Home, steps: Steps) -> tuple[list[Row], LeadlineError | None]:
    """Run every check and return a row for each, with one error that lists all faults, or none."""
    rows: list[Row] = []
    failures: list[LeadlineError] = []
    for name, check in CHECKS.items():
        with steps.step(f"Check {name}"):
            try:
                rows.append({"what": name, "checked": check(parts, home), "state": "ok", "detail": ""})
            except LeadlineError as exc:
                failures.append(exc)
                rows.append({"what": name, "checked": None, "state": "red", "detail": exc.what})
    return rows, _together(home, failures)


def _landing(_: Parts, home: Home) -> str:
    from leadline.warehouse.landing import Landing

    return counted(len(Landing(home.landing).verify()), "batch", "batches")


def _snapshots(_: Parts, home: Home) -> str:
    from leadline.warehouse.publish import published
    from leadline.warehouse.snapshot import DATABASE, PARQUET, Snapshot, sha256_of

    folders = published(home.warehouse)
    faults = []
    files = 0
    for folder in folders:
        manifest = Snapshot(folder).manifest
        expected = {folder / PARQUET / f"{name}.parquet": t["sha256"] for name, t in manifest["tables"].items()}
        expected[folder / DATABASE] = manifest["database"]["sha256"]
        for path, digest in sorted(expected.items()):
            files += 1
            found = sha256_of(path) if path.is_file() else "no file"
            if found != digest:
                faults.append(Fault(str(path), f"sha256 {digest[:12]}", found[:12]))
    if faults:
        raise IntegrityError(
            "Published files are not what their manifests say.", faults=faults, next_step="leadline build --force"
        )
    return f"{counted(len(folders), 'snapshot')}, {counted(files, 'file')}"


def _risk_models(parts: Parts, home: Home) -> str:
    champions = [found for score in SCORES if (found := parts.champion(home, score)) is not None]
    return f"{counted(len(champions), 'champion')}, {counted(sum(len(one.artefact) for one in champions), 'file')}"


def _audit(parts: Parts, home: Home) -> str:
    from leadline.access import audit_check

    with parts.open_store(home) as store:
        report = audit_check.verify(store)
    return f"{counted(report.entries, 'entry', 'entries')}, head {report.head}"


CHECKS: dict[str, Check] = {
    "landing": _landing,
    "snapshots": _snapshots,
    "risk models": _risk_models,
    "ops store": _audit,
}


def _together(home: Home, failures: list[LeadlineError]) -> LeadlineError | None:
    if len(failures) <= 1:
        return failures[0] if failures else None
    return IntegrityError(
        "What is stored is not what was written.",
        where=str(home.path),
        faults=list(_faults(failures)),
        next_step="docs/runbooks/recovery.md",
    )


def _faults(failures: list[LeadlineError]) -> Iterator[Fault]:
    for failure in failures:
        yield from failure.faults or [Fault(failure.where or failure.what, failure.expected, failure.found)]
