"""Match customer records as a step of a command: the command `match`, the night and the demo do it alike."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from leadline.app.night import DECISION, MATCH
from leadline.app.work import Job
from leadline.kernel.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

MATCHED = "matched"
SAME_RECORDS = "the customer records are those matched before"
OLDER_MOMENT = "the run is of a moment before the newest data"


@dataclass(frozen=True)
class MatchReport:
    """What a matching found: a row per verdict (pairs, new, withdrawn); or why there was none."""

    verdicts: tuple[dict[str, Any], ...] = ()
    landed: int = 0
    skipped: str = ""


def match_landed(job: Job, *, asked: datetime | None = None) -> MatchReport:
    """Match the customer records in landing, so that the build that follows applies the verdicts.

    They are known from the newest moment of the landed data on. Skipped for an ``asked`` moment before it, whose
    knowledge must not grow, and where records and thresholds are those of the last matching.
    """
    from leadline.matching import accounts
    from leadline.warehouse.landing import Landing

    landing = Landing(job.home.landing)
    moments = [one.known_until for one in landing.batches() if one.entity not in (DECISION, MATCH) and one.known_until]
    if not moments:
        return MatchReport(skipped="nothing has been landed")
    newest = max(moments).replace(tzinfo=UTC)
    if asked is not None and asked < newest:
        return MatchReport(skipped=OLDER_MOMENT)
    records = accounts.landed_records(landing, as_of=newest)
    basis = _basis(job, records)
    before = job.store.journal.latest_detail(MATCHED)
    job.outcome.details[MATCHED] = basis
    if before == basis:
        return MatchReport(skipped=SAME_RECORDS)
    try:
        return match_records(job, records, as_of=newest, name=f"matches-{newest:%Y%m%dT%H%M%S%f}-{basis}")
    except UsageError as exc:  # thresholds set back on the same data: no reason to stop the night
        del job.outcome.details[MATCHED]
        return MatchReport(skipped=str(exc))


def match_records(job: Job, records: pl.DataFrame, *, as_of: datetime, name: str) -> MatchReport:
    """Match customer records, land the verdicts that are new and count them in the journal."""
    from leadline.matching import accounts
    from leadline.warehouse.landing import Landing

    settings = job.home.settings
    with job.steps.step("Match customer records") as tell:
        tell("records", 0.1)
        found = accounts.verdicts(records, merge=settings.match_merge, propose=settings.match_propose, as_of=as_of)
        tell("verdicts", 0.9)
        new = accounts.news(found, accounts.match_state(Landing(job.home.landing), as_of=as_of), as_of=as_of)
    if new.height:
        land_verdicts(job, new, name)
    job.outcome.counts["verdicts_landed"] = new.height
    rows = tuple(
        {
            "verdict": verdict,
            "pairs": found.filter(verdict=verdict).height,
            "new": new.filter(verdict=verdict, is_deleted=False).height,
            "withdrawn": new.filter(verdict=verdict, is_deleted=True).height,
        }
        for verdict in (accounts.MERGED, accounts.PROPOSED)
    )
    return MatchReport(verdicts=rows, landed=new.height)


def matching_note(report: MatchReport) -> str:
    """Return what a matching found, or why there was none, in a few words."""
    if report.skipped:
        return f"customer records not matched: {report.skipped}"
    pairs = ", ".join(f"{row['pairs']:,} {row['verdict']}" for row in report.verdicts)
    return f"customer records matched: {pairs} pairs; {report.landed:,} verdicts landed"


def land_verdicts(job: Job, rows: pl.DataFrame, name: str) -> None:
    """Land verdicts.

    Raises:
        UsageError: the same verdicts were landed before and have been replaced since.
    """
    from leadline.matching.accounts import ENTITY, SOURCE
    from leadline.warehouse.landing import as_utc

    batch = job.parts.land_rows(ENTITY, rows, source_system=SOURCE, home=job.home, loaded_at=job.at, name=name)
    if batch.loaded_at != as_utc(job.at):
        raise UsageError(
            "These verdicts were landed before on the same data, and others have replaced them since.",
            where=batch.batch_id,
            next_step="land newer data and build, then match again; or decide the pairs: leadline match decide",
        )


def _basis(job: Job, records: pl.DataFrame) -> str:
    """Return a digest of all that verdicts follow from."""
    settings = job.home.settings
    rule = f"{settings.match_merge} {settings.match_propose} {version('leadline')} {version('splink')}\n"
    content = records.sort("record_id").write_csv()
    return hashlib.sha256((rule + content).encode()).hexdigest()[:16]
