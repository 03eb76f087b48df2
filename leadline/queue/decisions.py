"""Decisions on exceptions, and who is reviewing them. Each decision is a label for the next training."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select, update

from leadline.kernel.errors import BusyError, UsageError
from leadline.kernel.money import cents
from leadline.queue import audit
from leadline.queue.engine import rows
from leadline.queue.records import Values
from leadline.queue.states import (
    CONFIRMED,
    DECIDED,
    IN_REVIEW,
    OPEN,
    RE_OPENED,
    SNOOZED,
    WAITING,
    check_verdict,
)
from leadline.queue.tables import DECISION, EXCEPTION
from leadline.queue.upsert import record

SNOOZE = timedelta(days=7)
# How long a decision can be undone by whoever made it.
UNDO = timedelta(minutes=15)

# Confirmed for one of these reasons, an intervention was made that can prevent the outcome.
INTERVENTIONS = ("corrected", "billed", "renegotiated", "prevented", "escalated", "filled")


@dataclass(frozen=True)
class Verdict:
    """A person's decision on one exception, as submitted.

    Attributes:
        verdict: confirmed, dismissed, snoozed or re_opened.
        reason_code: why; each verdict has its own codes (:data:`leadline.queue.states.REASON_CODES`).
        by: who decides.
        note: free text, for people only.
        expected_version: the version the person saw; None skips the check for concurrent changes.
        value_recovered: money the decision saved or recovered, in the exception's currency.
        is_intervention: whether something was done that can prevent the outcome; None infers it from the reason.
        snoozed_until: when a snoozed exception comes back; seven days by default.
    """

    verdict: str
    reason_code: str
    by: str
    note: str | None = None
    expected_version: int | None = None
    value_recovered: Decimal | None = None
    is_intervention: bool | None = None
    snoozed_until: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """One decision as the store keeps it: a row of entity ``decision`` with the note beside it."""

    decision_id: str
    external_id: str
    score: str
    object_id: str
    verdict: str
    reason_code: str
    decided_by: str
    decided_at: datetime
    note: str | None
    value_recovered: Decimal | None
    currency: str
    is_intervention: bool
    is_random_slice: bool
    propensity: float
    exception_version: int


def decide(connection: Connection, external_id: str, verdict: Verdict, *, at: datetime) -> Values:
    """Take a decision on one exception and return the changed row; the caller opened the transaction."""
    check_words(verdict, at)
    audit.lock(connection)
    row = row_of(connection, external_id)
    check_version(row, verdict.expected_version)
    _check_state(row, verdict.verdict)
    _keep(connection, _decision(row, verdict, at), at)
    until = (verdict.snoozed_until or at + SNOOZE) if verdict.verdict == SNOOZED else None
    keeper = None if verdict.verdict == RE_OPENED else verdict.by
    ended = row["ended_because"] if verdict.verdict != RE_OPENED else None
    change = {"state": verdict.verdict, "handled_by": keeper, "snoozed_until": until, "ended_because": ended}
    change |= {"replaced": None if verdict.verdict == RE_OPENED else _replaced(row)}
    return write(connection, row, change, event=verdict.verdict, actor=verdict.by, at=at)


def undo(
    connection: Connection, external_id: str, *, by: str, at: datetime, expected_version: int | None = None
) -> Values:
    """Take one's own last decision back and return the row as it was before it, with a new version.

    The decision stays on record, followed by one that re-opens for ``mistake``: no training learns from it.
    """
    check_name(by)
    audit.lock(connection)
    row = row_of(connection, external_id)
    check_version(row, expected_version)
    _check_undo(row, _last_decision(connection, external_id), by, at)
    mistake = Verdict(RE_OPENED, "mistake", by, note="taken back")
    _keep(connection, _decision(row, mistake, at), at)
    before = row["replaced"]
    until = before["snoozed_until"] and datetime.fromisoformat(before["snoozed_until"])
    change = before | {"snoozed_until": until, "replaced": None}
    return write(connection, row, change, event="undone", actor=by, at=at)


def take(connection: Connection, external_id: str, *, by: str, at: datetime, expected_version: int | None) -> Values:
    """Start a review of an exception: its state becomes ``in_review``."""
    check_name(by)
    audit.lock(connection)
    row = row_of(connection, external_id)
    check_version(row, expected_version)
    if row["state"] == IN_REVIEW and row["handled_by"] == by:
        return row
    if row["state"] == IN_REVIEW:
        raise BusyError(
            "Another user is reviewing this exception.",
            where=row["external_id"],
            found=f"in review by {row['handled_by']}",
            next_step="ask them, or pick another exception",
        )
    if row["state"] not in (OPEN, RE_OPENED):
        raise _wrong_state(row, "take", (OPEN, RE_OPENED))
    change = {"state": IN_REVIEW, "handled_by": by, "replaced": None}
    return write(connection, row, change, event=IN_REVIEW, actor=by, at=at)


def decisions_since(connection: Connection, moment: datetime | None) -> list[Decision]:
    """Return the decisions taken at or after a moment (all without one), oldest first."""
    query = select(DECISION).order_by(DECISION.c.number)
    if moment is not None:
        query = query.where(DECISION.c.decided_at >= moment)
    names = [field.name for field in fields(Decision)]
    return [Decision(**{name: row[name] for name in names}) for row in rows(connection, query)]


def write(
    connection: Connection, row: Values, change: Mapping[str, Any], *, event: str, actor: str, at: datetime
) -> Values:
    """Write a change of one exception as its next version, with its audit entry and message; return the row."""
    following = row | dict(change) | {"version": row["version"] + 1, "updated_at": at}
    written = {name: following[name] for name in (*change, "version", "updated_at")}
    connection.execute(update(EXCEPTION).where(EXCEPTION.c.external_id == row["external_id"]).values(written))
    record(connection, [(event, following)], actor=actor, at=at)
    return following


def row_of(connection: Connection, external_id: str) -> Values:
    """Return one exception's row, locked for this transaction."""
    query = select(EXCEPTION).where(EXCEPTION.c.external_id == external_id).with_for_update()
    return next(rows(connection, query))


def _last_decision(connection: Connection, external_id: str) -> Values | None:
    query = select(DECISION).where(DECISION.c.external_id == external_id).order_by(DECISION.c.number.desc()).limit(1)
    return next(rows(connection, query), None)


def _replaced(row: Values) -> Values:
    until = row["snoozed_until"]
    names = ("state", "handled_by", "ended_because")
    return {name: row[name] for name in names} | {"snoozed_until": until and until.isoformat()}


def _keep(connection: Connection, decision: Values, at: datetime) -> None:
    connection.execute(insert(DECISION), [decision])
    entry = audit.Entry("decided", None, audit.decision_detail(decision))
    audit.append(connection, [entry], actor=decision["decided_by"], at=at)


def _decision(row: Values, verdict: Verdict, at: datetime) -> Values:
    key = "\n".join((row["external_id"], str(row["version"]), verdict.verdict, verdict.by, at.isoformat()))
    inferred = verdict.verdict == CONFIRMED and verdict.reason_code in INTERVENTIONS
    return {
        "decision_id": hashlib.sha256(key.encode()).hexdigest()[:32],
        **{name: row[name] for name in ("external_id", "score", "object_id", "currency", "is_random_slice")},
        "verdict": verdict.verdict,
        "reason_code": verdict.reason_code,
        "decided_by": verdict.by,
        "decided_at": at,
        "note": verdict.note,
        "value_recovered": None if verdict.value_recovered is None else cents(verdict.value_recovered),
        "is_intervention": inferred if verdict.is_intervention is None else verdict.is_intervention,
        "propensity": row["propensity"],
        "exception_version": row["version"],
    }


def check_words(verdict: Verdict, at: datetime) -> None:
    """Check a verdict as far as possible without the exception.

    Raises:
        UsageError: the verdict or its reason is unknown, the decision maker is missing, or an amount or a
        date is wrong.
    """
    check_verdict(verdict.verdict, verdict.reason_code)
    check_name(verdict.by)
    if verdict.value_recovered is not None and verdict.value_recovered < 0:
        raise UsageError(
            "Recovered value must not be negative.", expected="an amount ≥ 0", found=str(verdict.value_recovered)
        )
    if verdict.snoozed_until is not None and verdict.snoozed_until <= at:
        raise UsageError(
            "Snooze must end in the future.",
            expected=f"later than {at.isoformat()}",
            found=verdict.snoozed_until.isoformat(),
        )


def check_name(by: str) -> None:
    """Check that a name is given.

    Raises:
        UsageError: the name is empty.
    """
    if not by.strip():
        raise UsageError("Missing name of the decision maker.", where="--by", expected="who decides", found="nothing")


def check_version(row: Values, expected: int | None) -> None:
    """Check that an exception is still at the version the person saw.

    Raises:
        BusyError: it is not; the current version is given.
    """
    if expected is not None and expected != row["version"]:
        raise BusyError(
            "The exception changed since you opened it; nothing was saved.",
            where=row["external_id"],
            expected=f"version {expected}",
            found=f"version {row['version']}, {row['state']}"
            + (f" by {row['handled_by']}" if row["handled_by"] else ""),
            next_step=f"leadline queue show {row['external_id']}, then decide on the current version",
        )


def _check_undo(row: Values, last: Values | None, by: str, at: datetime) -> None:
    """Check that the last thing that happened to an exception is a decision of the same person, not long ago."""
    if row["replaced"] is None or last is None or last["exception_version"] + 1 != row["version"]:
        found = f"{row['state']}, version {row['version']}"
    elif last["decided_by"] != by:
        found = f"decided by {last['decided_by']}"
    elif at - last["decided_at"] > UNDO:
        found = f"decided at {last['decided_at']:%Y-%m-%d %H:%M} UTC"
    else:
        return
    raise UsageError(
        "Nothing to undo.",
        where=row["external_id"],
        expected=f"a decision of {by}, not older than {UNDO.seconds // 60} minutes, and nothing since",
        found=found,
        next_step="leadline queue decide ID --verdict re_opened --reason mistake opens it again",
    )


def _check_state(row: Values, verdict: str) -> None:
    if verdict == RE_OPENED and row["state"] in WAITING:
        raise _wrong_state(row, "re-open", ("confirmed", "dismissed", "snoozed", "expired"))
    if verdict != RE_OPENED and row["state"] in DECIDED:
        raise _wrong_state(row, "decide on", ("open", "re_opened", "in_review", "snoozed", "expired"))
    if verdict == SNOOZED and row["state"] not in (*WAITING, SNOOZED):
        raise _wrong_state(row, "snooze", (*WAITING, SNOOZED))


def _wrong_state(row: Values, verb: str, allowed: tuple[str, ...]) -> UsageError:
    by = f" by {row['handled_by']}" if row["handled_by"] else ""
    return UsageError(
        f"Cannot {verb} an exception in this state.",
        where=row["external_id"],
        expected="one of " + ", ".join(allowed),
        found=row["state"] + by,
        next_step="leadline queue decide ID --verdict re_opened --reason new_information opens it again"
        if verb == "decide on"
        else "leadline queue show ID tells its state and history",
    )
