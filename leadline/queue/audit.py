"""The audit: every change as one entry, each sealed by the hash of the one before it.

A changed, removed or inserted entry breaks the chain; a cut-off tail disagrees with the head; a row changed behind the
audit's back disagrees with its last entry. Who can write all tables at once can still forge the whole, which disagrees
with the checkpoints kept outside the store (:mod:`leadline.queue.checkpoints`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from leadline.kernel.errors import Fault, IntegrityError
from leadline.queue.checkpoints import Checkpoint, CheckpointLog
from leadline.queue.engine import rows
from leadline.queue.records import canonical, digest_of
from leadline.queue.tables import AUDIT, AUDIT_HEAD, DECISION, EXCEPTION, TRIAL
from leadline.queue.version_0_1 import as_digested

GENESIS = "0" * 64
# Events of an exception in the holdout, which measures the value of acting (:mod:`leadline.queue.holdout`).
TRIAL_EVENTS = ENROLLED, RELEASED = "enrolled", "released"
_LOOKED_AT = 1000


@dataclass(frozen=True)
class Entry:
    """One change: what happened (``event``), to which exception, with which facts."""

    event: str
    external_id: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class AuditReport:
    """A whole chain: how many entries, the head's hash, which covers all of them, and how many checkpoints."""

    entries: int
    head: str
    noted: int = 0


def lock(connection: Connection) -> tuple[int, str]:
    """Lock the head for this transaction, so that writers are serialised, and return it."""
    row = connection.execute(select(AUDIT_HEAD).with_for_update()).mappings().one_or_none()
    if row is None:
        raise _broken([Fault("audit_head", "one row", "none")])
    return int(row["number"]), str(row["hash"])


def append(connection: Connection, entries: Sequence[Entry], *, actor: str, at: datetime) -> None:
    """Append entries to the chain, in the transaction of the changes they record."""
    if not entries:
        return
    number, head = lock(connection)
    sealed = []
    for entry in entries:
        number += 1
        row = {
            "number": number,
            "at": at,
            "actor": actor,
            "event": entry.event,
            "external_id": entry.external_id,
            "detail": canonical(entry.detail),
            "previous_hash": head,
        }
        head = _seal(row)
        sealed.append(row | {"hash": head})
    connection.execute(insert(AUDIT), sealed)
    connection.execute(update(AUDIT_HEAD).values(number=number, hash=head))


def exception_detail(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an audit entry keeps of an exception."""
    names = ("state", "version", "digest", "assigned_to", "escalated_to")
    return {name: row[name] for name in names}


def decision_detail(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an audit entry keeps of a decision: all of it, as a digest, and the words that matter."""
    names = [column.name for column in DECISION.columns if column.name != "number"]
    settled = {name: None if row[name] is None else _settled(row[name]) for name in names}
    digest = hashlib.sha256(canonical(as_digested(settled)).encode()).hexdigest()
    return {"decision_id": row["decision_id"], "verdict": row["verdict"], "decision_digest": digest}


def trial_detail(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an audit entry keeps of an exception in the holdout: all of it."""
    return as_digested({column.name: _plain(row[column.name]) for column in TRIAL.columns})


def head_of(connection: Connection) -> Checkpoint:
    """Return the last entry of the chain; number 0 of an empty one."""
    return Checkpoint(*_head(connection))


def verify(connection: Connection, notes: CheckpointLog | None = None) -> AuditReport:
    """Check the chain, its head and the checkpoints, and that exceptions and decisions match their last
    entries.

    Raises:
        IntegrityError: something was changed behind the audit's back; everything found is listed.
    """
    faults = list(_chain_faults(connection))
    last = _last_details(connection)
    faults += _exception_faults(connection, last)
    faults += _decision_faults(connection)
    faults += _trial_faults(connection)
    faults += notes.faults(connection) if notes else []
    if faults:
        raise _broken(faults)
    number, head = _head(connection)
    return AuditReport(entries=number, head=head, noted=len(notes.read()) if notes else 0)


def _chain_faults(connection: Connection) -> Iterator[Fault]:
    expected_number, previous = 0, GENESIS
    query = select(AUDIT).order_by(AUDIT.c.number).execution_options(yield_per=_LOOKED_AT)
    for row in rows(connection, query):
        expected_number += 1
        if row["number"] != expected_number:
            yield Fault("audit", f"entry {expected_number}", f"entry {row['number']}")
            expected_number = row["number"]
        if row["previous_hash"] != previous:
            yield Fault(f"audit entry {row['number']}", f"to follow {previous[:12]}", row["previous_hash"][:12])
        if row["hash"] != _seal(row):
            yield Fault(f"audit entry {row['number']}", f"hash {_seal(row)[:12]}", row["hash"][:12])
        previous = row["hash"]
    number, head = _head(connection)
    if (number, head) != (expected_number, previous):
        yield Fault("audit head", f"entry {number}, hash {head[:12]}", f"entry {expected_number}, hash {previous[:12]}")


def _exception_faults(connection: Connection, last: Mapping[str, Mapping[str, Any]]) -> list[Fault]:
    faults = []
    for row in rows(connection, select(EXCEPTION).order_by(EXCEPTION.c.external_id)):
        found = exception_detail(row) | {"digest": digest_of(row)}
        expected = last.get(row["external_id"])
        if expected is None or any(expected.get(name) != value for name, value in found.items()):
            faults.append(Fault(f"exception {row['external_id']}", _described(expected), _described(found)))
    missing = set(last) - set(connection.execute(select(EXCEPTION.c.external_id)).scalars())
    return faults + [Fault(f"exception {name}", "to be in the queue", "no row") for name in sorted(missing)]


def _decision_faults(connection: Connection) -> list[Fault]:
    entries = select(AUDIT.c.detail).where(AUDIT.c.event == "decided")
    sealed_as = {}
    for detail in connection.execute(entries).scalars():
        entry = _read(detail)
        sealed_as[entry.get("decision_id")] = entry.get("decision_digest")
    stored = rows(connection, select(DECISION).order_by(DECISION.c.number))
    found = {row["decision_id"]: decision_detail(row)["decision_digest"] for row in stored}
    return [
        Fault(
            f"decision {name}", str(sealed_as.get(name, "no such decision"))[:12], str(found.get(name, "no row"))[:12]
        )
        for name in sorted(map(str, set(sealed_as) | set(found)))
        if sealed_as.get(name) != found.get(name)
    ]


def _trial_faults(connection: Connection) -> list[Fault]:
    entries = select(AUDIT.c.detail).where(AUDIT.c.event.in_(TRIAL_EVENTS)).order_by(AUDIT.c.number)
    sealed_as = {entry.get("external_id"): entry for entry in map(_read, connection.execute(entries).scalars())}
    found = {row["external_id"]: trial_detail(row) for row in rows(connection, select(TRIAL))}
    return [
        Fault(f"trial of exception {name}", _group(sealed_as.get(name)), _group(found.get(name)))
        for name in sorted(map(str, set(sealed_as) | set(found)))
        if sealed_as.get(name) != found.get(name)
    ]


def _group(detail: Mapping[str, Any] | None) -> str:
    if detail is None:
        return "not enrolled"
    names = ("is_held", "share", "money_at_risk", "as_of", "released_at")
    return ", ".join(f"{name} {detail.get(name)}" for name in names)


def _last_details(connection: Connection) -> dict[str, Mapping[str, Any]]:
    query = select(AUDIT.c.external_id, AUDIT.c.detail).where(AUDIT.c.external_id.is_not(None)).order_by(AUDIT.c.number)
    return {name: _read(detail) for name, detail in connection.execute(query)}


def _read(detail: str) -> Mapping[str, Any]:
    try:
        read = json.loads(detail)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _head(connection: Connection) -> tuple[int, str]:
    row = connection.execute(select(AUDIT_HEAD)).mappings().one_or_none()
    return (int(row["number"]), str(row["hash"])) if row else (0, "none")


def _seal(row: Mapping[str, Any]) -> str:
    names = ("number", "actor", "event", "external_id", "detail", "previous_hash")
    sealed = {name: row[name] for name in names} | {"at": _settled(row["at"])}
    return hashlib.sha256(canonical(sealed).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | float) else _settled(value)


def _settled(value: Any) -> str:
    return value.replace(tzinfo=None).isoformat() if isinstance(value, datetime) else str(value)


def _described(detail: Mapping[str, Any] | None) -> str:
    if detail is None:
        return "no audit entry"
    return f"{detail.get('state')}, version {detail.get('version')}, content {str(detail.get('digest'))[:12]}"


def _broken(faults: list[Fault]) -> IntegrityError:
    return IntegrityError(
        "The ops store was changed behind the audit's back.",
        faults=faults,
        next_step="find out who wrote to it; docs/runbooks/recovery.md, 'The audit does not verify'",
    )
