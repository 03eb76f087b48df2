"""The steps of a night, each idempotent: decisions read back and in, land, build, score, queue, deliver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from leadline.app.progress import note
from leadline.app.work import Job
from leadline.kernel.errors import ConfigurationError, HomeError, InsufficientDataError

if TYPE_CHECKING:
    from leadline.delivery.dispatch import TargetReport
    from leadline.delivery.read_back import ReadBackReport
    from leadline.delivery.target import Target
    from leadline.queue.upsert import UpsertReport
    from leadline.sources.land import LandReport
    from leadline.warehouse.point_in_time import PointInTimeReader
    from leadline.warehouse.snapshot import Snapshot
    from scoring.batch import RunReport
    from scoring.monitoring import Health

DECISION = "decision"
MATCH = "account_match"
QUEUE = "queue"
SPREAD = "spread"
HEALTH = "health"
DELIVERY = "delivery"
MILLIONTH = Decimal("0.000001")  # the contract's precision of a ratio


def find_mappings(folder: Path, given: Sequence[Path]) -> list[Path]:
    """Return the mapping files to land a folder with: those given, else the ones that lie in it.

    Raises:
        ConfigurationError: none was given and none lies there.
    """
    found = list(given) or sorted((folder / "mappings").glob("*.yml"))
    single = folder / "mapping.yml"
    if not found and single.is_file():
        found = [single]
    if folder.is_dir() and not found:
        raise ConfigurationError(
            "There is no mapping file.",
            where=str(folder),
            expected="--mapping FILE, or FOLDER/mappings/*.yml, or FOLDER/mapping.yml",
            next_step="write one (docs/mapping-files.md has a walk-through), then land again",
        )
    return found


def land_folder(job: Job, folder: Path, mappings: Sequence[Path]) -> LandReport:
    """Land what is new in a folder; refused files are in the report, the others land."""
    chosen = find_mappings(folder, mappings)
    with job.steps.step("Land the files") as tell:
        report = job.parts.land(
            folder,
            chosen,
            home=job.home,
            loaded_at=job.at,
            progress=lambda done, total, name: tell(name, done / max(total, 1)),
        )
    job.outcome.counts |= {
        "landed": len(report.batches),
        "skipped": len(report.skipped),
        "refused": len(report.refused),
        "rows_landed": report.rows_landed,
        "rows_quarantined": report.rows_quarantined,
    }
    return report


def bring_decisions(job: Job) -> int:
    """Land the decisions that landing does not have yet, as entity ``decision``, and return how many."""
    import polars as pl

    from leadline.kernel.contracts import entity
    from leadline.warehouse.landing import Landing
    from leadline.warehouse.point_in_time import naive
    from leadline.warehouse.schema import POLARS_TYPES

    decisions = job.store.decisions_since()
    if not decisions:
        return 0
    landed = Landing(job.home.landing).scan(DECISION).filter(pl.col("source_system") == QUEUE)
    reader = set(landed.select("decision_id").collect()["decision_id"])
    new = [decision for decision in decisions if decision.decision_id not in reader]
    if not new:
        return 0
    columns = entity(DECISION).columns
    rows = [
        {name: value for name, value in asdict(one).items() if name in columns}
        | {"decided_at": naive(one.decided_at), "known_at": naive(one.decided_at)}
        | {"propensity": Decimal(repr(one.propensity)).quantize(MILLIONTH)}
        for one in new
    ]
    schema = {name: POLARS_TYPES[column.type] for name, column in columns.items()} | {"known_at": pl.Datetime("us")}
    frame = pl.DataFrame(rows, schema=schema)
    job.parts.land_rows(
        DECISION, frame, source_system=QUEUE, home=job.home, loaded_at=job.at, name=f"decisions-{new[0].decision_id}"
    )
    job.outcome.counts["decisions_landed"] = len(new)
    return len(new)


def build_warehouse(job: Job, *, as_of: datetime | None = None, force: bool = False) -> Snapshot:
    """Build and publish the warehouse unless nothing changed."""
    with job.steps.step("Build the warehouse") as tell:
        snapshot: Snapshot = job.parts.build(job.home, as_of=as_of, force=force, progress=tell)
    job.outcome.snapshot_id = snapshot.snapshot_id
    return snapshot


def score_scores(
    job: Job, reader: PointInTimeReader, scores: Sequence[str], *, as_of: datetime
) -> tuple[RunReport, list[Health]]:
    """Score and compare the spread of the scores with the last run's."""
    with job.steps.step("Score") as tell:
        report = job.parts.score(job.home, reader, scores, as_of=as_of, progress=tell)
    from scoring.monitoring import monitor

    health = monitor(report, before=job.store.journal.latest_detail(SPREAD) or {})
    job.outcome.snapshot_id = report.snapshot_id
    _note_rephrasing(job, report)
    job.outcome.details |= {
        SPREAD: {one.score: list(one.histogram) for one in health},
        HEALTH: [{"score": one.score, "state": one.state, "why": one.why, "psi": one.psi} for one in health],
    }
    return report, health


def _note_rephrasing(job: Job, report: RunReport) -> None:
    """Count what was put in other words and what was refused, where the firm set up something that does so."""
    if not job.home.settings.rephrase_command:
        return
    worded = [one.rephrased for one in report.scores]
    taken, refused = sum(one.taken for one in worded), sum(len(one.refused) for one in worded)
    job.outcome.counts |= {"sentences_rephrased": taken, "sentences_refused": refused}
    why = Counter(reason for one in worded for reason in one.refused)
    reasons = "; ".join(f"{count} with {reason}" for reason, count in sorted(why.items()))
    note(f"Rephrasing: {taken} sentences taken, {refused} refused{f' ({reasons})' if reasons else ''}.")
    for failure in sorted({one.failure for one in worded if one.failure}):
        note(f"Rephrasing: {failure}; the texts stay as they were.")


def queue_exceptions(job: Job, report: RunReport, *, rewind: bool = False) -> UpsertReport:
    """Put a score's exceptions into the queue. A score that could not run leaves its exceptions as they were."""
    ran = [one for one in report.scores if not one.skipped]
    shown = {(e.finding.score, e.finding.object_type, e.finding.object_id) for e in report.exceptions}
    unshown = [f for one in ran for f in one.found if (f.score, f.object_type, f.object_id) not in shown]
    with job.steps.step("Queue the exceptions"):
        changes = job.store.upsert(
            report.exceptions,
            at=job.at,
            scored={one.score: report.as_of for one in ran},
            unshown=unshown,
            drawn=[drawn for one in ran for drawn in one.drawn],
            snapshot_id=report.snapshot_id,
            run_id=job.run_id,
            rewind=rewind,
        )
    job.outcome.counts |= {field.name: getattr(changes, field.name) for field in fields(changes)}
    return changes


def escalate_overdue(job: Job, reader: PointInTimeReader, *, as_of: datetime) -> int:
    """Escalate what is too long past its due time at the as-of, by the firm's service levels; return how many."""
    with job.steps.step("Escalate what is overdue"):
        gone_up = job.store.escalate(job.parts.escalations(reader), moment=as_of, at=job.at)
    job.outcome.counts["escalated"] = len(gone_up)
    return len(gone_up)


def read_back(job: Job) -> ReadBackReport:
    """Take over what was decided in the receiving system; what was not taken over is in the report."""
    from leadline.delivery.read_back import read_back

    with job.steps.step("Read decisions back"):
        report = read_back(job.store, job.home.outbox, at=job.at)
    counts = {"decisions_read_back": report.taken, "decisions_in_conflict": len(report.conflicts)}
    job.outcome.counts |= counts | {"decision_faults": len(report.rejected)}
    return report


def deliver(job: Job, *, retry_dead: bool = False) -> list[TargetReport]:
    """Deliver what changed to each target of the home; one that cannot be used is in its report, the others are served.

    Raises:
        ConfigurationError: the settings of the targets have faults.
    """
    from leadline.delivery import dispatch
    from leadline.delivery.backoff import RetryBudget
    from leadline.delivery.digest import EMAIL

    targets = job.parts.open_targets(job.home)
    with job.steps.step("Deliver") as tell:
        unreached = _compose_mails(job, targets)
        reports = dispatch.deliver(
            job.store,
            targets,
            pace=lambda: RetryBudget(job.parts.now, job.parts.pause),
            retry_dead=retry_dead,
            tell=tell,
        )
    job.outcome.counts |= {
        "delivered": sum(report.delivered for report in reports),
        "undelivered": sum(report.waiting for report in reports),
        "dead_letters": sum(report.dead for report in reports),
    }
    troubles = {report.target: report.trouble for report in reports if report.trouble}
    if unreached:
        troubles[EMAIL] = "; ".join([*filter(None, [troubles.get(EMAIL)]), f"no address of {', '.join(unreached)}"])
    job.outcome.details[DELIVERY] = troubles
    return reports


def _compose_mails(job: Job, targets: Sequence[Target]) -> list[str]:
    """Write tonight's mails where there is a target for them; return the owners without an address."""
    from leadline.delivery.digest import compose
    from leadline.delivery.smtp import EmailFolderTarget, EmailTarget

    posts = [target.post for target in targets if isinstance(target, EmailTarget | EmailFolderTarget)]
    return [owner for post in posts for owner in compose(job.store, post.addresses, at=job.at)]


def delivery_notes(reports: Sequence[TargetReport]) -> list[str]:
    """Return a sentence per target that was left alone before all was delivered."""
    return [f"{one.target}: left alone until the next run, {one.stopped}." for one in reports if one.stopped]


def raise_unusable(reports: Sequence[TargetReport]) -> None:
    """Raise why the first target that could not be used could not; all others were served."""
    for report in reports:
        if report.failure is not None:
            raise report.failure


def settle_as_of(job: Job, asked: datetime | None) -> datetime:
    """Return and note the as-of to work at: the one asked for, else the newest moment the landed data knows of.

    Without one asked for it never goes back behind what was queued already, which the queue would refuse.
    People's decisions do not count as data here: deciding today about old data must not move the as-of to today.

    Raises:
        HomeError: nothing was landed.
        InsufficientDataError: the as-of is before the first landed row.
    """
    from leadline.warehouse.landing import Landing

    batches = [
        one for one in Landing(job.home.landing).batches() if one.entity not in (DECISION, MATCH) and one.known_from
    ]
    if not batches:
        raise HomeError(
            "Nothing has been landed yet.",
            where=str(job.home.landing),
            next_step="leadline land FOLDER --mapping FILE, or leadline demo",
        )
    first = min(one.known_from for one in batches if one.known_from).replace(tzinfo=UTC)
    last = max(one.known_until for one in batches if one.known_until).replace(tzinfo=UTC)
    if asked is not None and asked < first:
        raise InsufficientDataError(
            "The as-of is before the data.",
            expected=f"{first:%Y-%m-%dT%H:%M:%S} (when the first row was known) or later",
            found=f"{asked:%Y-%m-%dT%H:%M:%S}",
            next_step="pass a later --as-of",
        )
    newest = (last + timedelta(seconds=1, microseconds=-1)).replace(microsecond=0)
    job.outcome.as_of = asked or max([newest, *job.store.scored().values()])
    return job.outcome.as_of
