"""demo: from nothing to a filled queue on a simulated firm, with what each step found and a summary at the end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from leadline import __version__
from leadline.app import demo_progress
from leadline.app.boundary import session_of
from leadline.app.customer_matching import match_landed
from leadline.app.demo_summary import print_summary
from leadline.app.model_commands import train_scores
from leadline.app.night import build_warehouse, deliver, land_folder, queue_exceptions, raise_unusable, score_scores
from leadline.app.options import HomeOption, SeedOption, SizeOption
from leadline.app.work import Job, working
from leadline.kernel.clock import end_of_day
from leadline.kernel.errors import UsageError
from leadline.kernel.project import FOLDERS, root
from leadline.kernel.scores import SCORES

if TYPE_CHECKING:
    from leadline.warehouse.point_in_time import PointInTimeReader

FIRM = "demo-firm"
SIMULATION = "simulation.json"
TRAINED = "trained"


def demo(ctx: typer.Context, size: SizeOption = "s", seed: SeedOption = 7, home: HomeOption = None) -> None:
    """Simulate a firm and find its exceptions: land, match, build, train, score, queue. A second run adds nothing."""
    with working(session_of(ctx), home, "demo", create=True) as job:
        firm = job.home.path / FIRM
        as_of = job.outcome.as_of = _firm(job, firm, size, seed)
        landed = land_folder(job, firm, [])
        demo_progress.note_landed(landed)
        landed.raise_refused()
        demo_progress.note_matched(match_landed(job))
        snapshot = build_warehouse(job)
        demo_progress.note_built(snapshot)
        demo_progress.note_leaks(job.parts.leaks(snapshot, as_of=as_of), snapshot.reporting_currency)
        demo_progress.note_trained(_train(job, snapshot, as_of=as_of, seed=seed))
        report, health = score_scores(job, snapshot, (), as_of=as_of)
        demo_progress.note_scored(report)
        changes = queue_exceptions(job, report)
        demo_progress.note_queued(changes)
        delivered = deliver(job)
        demo_progress.note_delivered(delivered)
        raise_unusable(delivered)
        print_summary(job, health, asdict(changes), as_of=as_of)


def _firm(job: Job, firm: Path, size: str, seed: int) -> datetime:
    """Simulate the firm unless it is there already, and return the end of its last day.

    Raises:
        UsageError: the home holds something else: another firm, or data of your own.
    """
    written = firm / SIMULATION
    if written.is_file():
        found: Mapping[str, Any] = json.loads(written.read_text("utf-8"))
        if (found["size"], found["seed"]) != (size, seed):
            raise _other_home(job, f"a demo firm of size {found['size']}, seed {found['seed']}")
        return end_of_day(date.fromisoformat(found["as_of"]))
    if any((job.home.landing / "_manifests").glob("*.json")):
        raise _other_home(job, "data that is not the demo firm's")
    with job.steps.step("Simulate the firm") as tell:
        report = job.parts.simulate(size, seed=seed, out=firm, progress=tell)
    demo_progress.note_simulated(report)
    return end_of_day(report.as_of)


def _train(job: Job, reader: PointInTimeReader, *, as_of: datetime, seed: int) -> Sequence[Mapping[str, Any]]:
    """Train all scores, unless the journal records a training of the same code on the same data; return its rows."""
    basis = {"snapshot_id": reader.snapshot_id, "as_of": as_of.isoformat(), "seed": seed, "code": _code_digest()}
    before = job.store.journal.latest_detail(TRAINED)
    rows = (
        before["rows"]
        if before and before["basis"] == basis
        else train_scores(job, reader, SCORES, as_of=as_of, seed=seed)
    )
    job.outcome.details[TRAINED] = {"basis": basis, "rows": rows}
    return list(rows)


def _code_digest() -> str:
    """Return a digest of the code that training depends on: another version of it trains again."""
    here = root()
    files = sorted(path for folder in FOLDERS for path in (here / folder).rglob("*.py"))
    content = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)
    return hashlib.sha256(__version__.encode() + content).hexdigest()[:16]


def _other_home(job: Job, found: str) -> UsageError:
    return UsageError(
        "This home is not this demo's.",
        where=str(job.home.path),
        expected="a new home, or one that the same demo made",
        found=found,
        next_step="leadline demo --home ANOTHER_FOLDER",
    )
