"""The history of one exception: its decisions, its audit entries, and its content at an earlier version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from leadline.queue.decisions import Decision
from leadline.queue.engine import rows
from leadline.queue.records import QueuedException, as_record
from leadline.queue.tables import AUDIT, DECISION, OUTBOX

# What a reviewer reads, by its name for people; a change of anything else is no reason to look again.
_READ = {
    "state": "state",
    "handled_by": "in hand of",
    "money_at_risk": "money at risk",
    "currency": "currency",
    "probability": "probability",
    "band": "band",
    "title": "title",
    "expected": "expected",
    "seen": "seen",
    "action": "proposed action",
    "owner": "owner",
    "assigned_to": "given to",
    "escalated_to": "gone up to",
    "snoozed_until": "snoozed until",
}


@dataclass(frozen=True)
class Step:
    """One version of an exception as recorded in the audit: when, who made it, what happened, the state it led to."""

    version: int
    at: datetime
    actor: str
    event: str
    state: str


@dataclass(frozen=True)
class Difference:
    """One value that changed since an earlier version."""

    what: str
    before: Any
    now: Any


@dataclass(frozen=True)
class Trail:
    """All steps and decisions of one exception, oldest first."""

    steps: tuple[Step, ...]
    decisions: tuple[Decision, ...]


def trail(connection: Connection, external_id: str) -> Trail:
    """Return what happened to an exception, read by its indexes."""
    entries = select(AUDIT).where(AUDIT.c.external_id == external_id).order_by(AUDIT.c.number)
    steps = []
    for row in rows(connection, entries):
        detail = json.loads(row["detail"])
        steps.append(Step(int(detail["version"]), row["at"], row["actor"], row["event"], str(detail["state"])))
    taken = select(DECISION).where(DECISION.c.external_id == external_id).order_by(DECISION.c.number)
    names = [field.name for field in fields(Decision)]
    decisions = [Decision(**{name: row[name] for name in names}) for row in rows(connection, taken)]
    return Trail(tuple(steps), tuple(decisions))


def differences(connection: Connection, now: QueuedException, *, version: int) -> list[Difference]:
    """Return what changed since an earlier version, from the message the outbox got then."""
    key = f"{now.external_id}-{version}"
    payload = connection.execute(select(OUTBOX.c.payload).where(OUTBOX.c.idempotency_key == key)).scalar()
    if payload is None:
        return []
    before: Mapping[str, Any] = json.loads(payload)
    after = as_record(now)
    return [
        Difference(label, before.get(name), after[name])
        for name, label in _READ.items()
        if before.get(name) != after[name]
    ]
