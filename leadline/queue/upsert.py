"""Put a run's exceptions into the queue: add, update, re-open, expire, in one transaction with outbox and audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from leadline.kernel.errors import Fault, IntegrityError, UsageError
from leadline.kernel.findings import Finding, ScoredException
from leadline.queue import audit, outbox
from leadline.queue.changes import Change, change_of, has_faded, next_values
from leadline.queue.claims import settled
from leadline.queue.engine import rows
from leadline.queue.holdout import HoldoutDraw, hold_back
from leadline.queue.records import RESTLESS, Values, content_of, zoned
from leadline.queue.states import EXPIRED, LIVE
from leadline.queue.tables import EXCEPTION, SCORED

ACTOR = "leadline"


@dataclass(frozen=True)
class UpsertReport:
    """How many exceptions a run added, updated, left as they were, expired and re-opened."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    expired: int = 0
    reopened: int = 0


@dataclass(frozen=True)
class Night:
    """What one run found: exceptions to show, the scores it scored with their as-of, what it found but did not choose,
    the snapshot it scored, and which of the exceptions the holdout drew.
    """

    exceptions: tuple[ScoredException, ...]
    scored: Mapping[str, datetime]
    unshown: tuple[Finding, ...] = ()
    snapshot_id: str = ""
    drawn: tuple[HoldoutDraw, ...] = ()


def upsert(connection: Connection, night: Night, *, run_id: int | None, at: datetime, rewind: bool) -> UpsertReport:
    """See :meth:`leadline.queue.store.Store.upsert`; the caller opened the transaction."""
    audit.lock(connection)
    _check(connection, night, rewind=rewind)
    seen = hold_back(connection, night.exceptions, night.drawn, actor=ACTOR, at=at)
    night = replace(night, exceptions=seen)
    stored = _stored(connection, night.scored)
    counts: Counter[str] = Counter()
    changed: list[tuple[str, Values]] = []
    added, refreshed = [], []
    for one in sorted(night.exceptions, key=lambda exception: exception.external_id):
        found = content_of(one)
        before = stored.get(one.external_id)
        change = change_of(before, found, at=at)
        counts[change.value] += 1
        if change is Change.UNCHANGED:
            refreshed += _refreshed(one.external_id, before, found)
            continue
        values = {"external_id": one.external_id} | next_values(before, found, change, at=at)
        changed.append((change.value, values))
        if change is Change.ADDED:
            added.append(values)
    expired = _expired(stored, night, at=at)
    changed += [("expired", values) for values in expired]
    if added:
        connection.execute(insert(EXCEPTION), added)
    write_back(connection, [values for event, values in changed if event != Change.ADDED.value])
    write_back(connection, refreshed)
    _settle_claims(connection, changed)
    _mark_scored(connection, night.scored, run_id=run_id, at=at)
    record(connection, changed, actor=ACTOR, at=at)
    return UpsertReport(
        added=counts["added"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        expired=len(expired),
        reopened=counts["re_opened"],
    )


def _settle_claims(connection: Connection, changed: Iterable[tuple[str, Values]]) -> None:
    """Store what others claim of the money of each live exception, and add it to the values that go to the outbox."""
    moved = {row["external_id"]: row for row in settled(connection)}
    write_back(connection, list(moved.values()))
    for _, values in changed:
        values.update(moved.get(values["external_id"], {}))


def record(connection: Connection, changed: Iterable[tuple[str, Values]], *, actor: str, at: datetime) -> None:
    """Write rows with a new version to outbox and audit, in the transaction that wrote them."""
    changed = list(changed)
    outbox.enqueue(connection, changed, at=at)
    entries = [audit.Entry(event, row["external_id"], audit.exception_detail(row)) for event, row in changed]
    audit.append(connection, entries, actor=actor, at=at)


def _check(connection: Connection, night: Night, *, rewind: bool) -> None:
    exceptions, scored = night.exceptions, night.scored
    twice = [name for name, times in Counter(one.external_id for one in exceptions).items() if times > 1]
    strange = sorted({one.finding.score for one in exceptions} - set(scored))
    if twice or strange:
        raise IntegrityError(
            "The scoring run is inconsistent; nothing was queued.",
            faults=[Fault(f"exception {name}", "once", "more than once") for name in sorted(twice)]
            + [Fault(score, "to be among the scored scores", "exceptions of it") for score in strange],
        )
    if rewind:
        return
    later = [
        Fault(row["score"], f"{row['as_of']:%Y-%m-%dT%H:%M:%S} or later", f"{scored[row['score']]:%Y-%m-%dT%H:%M:%S}")
        for row in rows(connection, select(SCORED).order_by(SCORED.c.score))
        if row["score"] in scored and row["as_of"] > zoned(scored[row["score"]])
    ]
    if later:
        raise UsageError(
            "The queue already holds a later as-of, which an older one would overwrite; nothing was queued.",
            faults=later,
            next_step="leadline score --dry-run scores without queueing; --rewind replaces the later as-of",
        )


def _stored(connection: Connection, scored: Mapping[str, datetime]) -> dict[str, Values]:
    query = select(EXCEPTION).where(EXCEPTION.c.score.in_(list(scored)))
    return {row["external_id"]: row for row in rows(connection, query)}


def _refreshed(external_id: str, before: Values | None, found: Values) -> list[Values]:
    """Return the restless columns of a live exception that was seen again; a decided one stays as it was decided on."""
    if before is None or before["state"] not in LIVE:
        return []
    values = {name: found[name] for name in RESTLESS} | {"due_at": min(before["due_at"], found["due_at"])}
    if all(before[name] == value for name, value in values.items()):
        return []
    return [{"external_id": external_id} | values]


def _expired(stored: Mapping[str, Values], night: Night, *, at: datetime) -> list[Values]:
    shown = {one.external_id for one in night.exceptions}
    unshown = {(one.score, one.object_type, one.object_id): one for one in night.unshown}
    gone = []
    for name, row in sorted(stored.items()):
        left_out = unshown.get((row["score"], row["object_type"], row["object_id"]))
        stays = name in shown or (left_out is not None and not has_faded(row, left_out))
        if row["state"] in LIVE and not stays:
            ended = {"state": EXPIRED, "version": row["version"] + 1, "updated_at": at, "replaced": None}
            gone.append(row | ended | {"snoozed_until": None, "ended_because": _proof(row, left_out, night)})
    return gone


def _proof(row: Values, left_out: Finding | None, night: Night) -> str:
    """Return the evidence that the cause is gone: the as-of that did not find it, or found it worth less."""
    evidence = f"as of {zoned(night.scored[row['score']]):%Y-%m-%d %H:%M} UTC"
    evidence += f" on snapshot {night.snapshot_id}" if night.snapshot_id else ""
    if left_out is None:
        return f"Not found again {evidence}."
    now = _worth(left_out.money_at_risk, left_out.probability)
    before = _worth(row["money_at_risk"], row["probability"])
    return f"Found again {evidence}, but worth less: {now} instead of {before} {row['currency']} at risk."


def _worth(money: Decimal, likely: float | None) -> str:
    return f"{money:,.2f}" + ("" if likely is None else f" at {likely:.0%}")


def write_back(connection: Connection, changed: list[Values]) -> None:
    """Write rows back by their id; rows of one call may name different columns."""
    by_columns: dict[tuple[str, ...], list[Values]] = {}
    for row in changed:
        by_columns.setdefault(tuple(sorted(row)), []).append(row)
    for names, group in by_columns.items():
        assigned: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names if name != "external_id"}
        statement = update(EXCEPTION).where(EXCEPTION.c.external_id == bindparam("this")).values(assigned)
        parameters = [
            {"this": row["external_id"]} | {f"new_{n}": row[n] for n in names if n != "external_id"} for row in group
        ]
        connection.execute(statement, parameters)


def _mark_scored(connection: Connection, scored: Mapping[str, datetime], *, run_id: int | None, at: datetime) -> None:
    if not scored:
        return
    connection.execute(delete(SCORED).where(SCORED.c.score.in_(list(scored))))
    marks = [{"score": score, "as_of": as_of, "run_id": run_id, "at": at} for score, as_of in sorted(scored.items())]
    connection.execute(insert(SCORED), marks)
