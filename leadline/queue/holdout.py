"""The trial of what acting is worth: of alike exceptions some are held back, and both kinds are remembered.

Whoever is enrolled stays in the group it was drawn into, and what people have seen is never held back afterwards: both
would make the groups unlike. A held-back one that grows dear is released to the queue and still counts as held back,
since that is how it was drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from leadline.kernel.findings import ScoredException
from leadline.queue import audit
from leadline.queue.engine import reading, rows
from leadline.queue.tables import EXCEPTION, TRIAL


@dataclass(frozen=True)
class HoldoutDraw:
    """An exception that the trial may hold back, and how it was drawn: ``share`` of its kind is held back, 0 to 1."""

    exception: ScoredException
    share: float
    is_held: bool


@dataclass(frozen=True)
class Enrolled:
    """One exception in the trial, as it was when it was drawn; money in ``currency``, ``as_of`` of that score.

    ``released_at``: when a held-back one came into the queue after all; None while it has not.
    """

    external_id: str
    score: str
    object_id: str
    share: float
    is_held: bool
    probability: float
    money_at_risk: Decimal
    currency: str
    as_of: datetime
    enrolled_at: datetime
    released_at: datetime | None


class Holdout:
    """What is enrolled in the store behind an engine. Reads only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def enrolled(self) -> list[Enrolled]:
        """Return everything that was ever enrolled, by score, as-of and id."""
        with reading(self._engine) as connection:
            query = select(TRIAL).order_by(TRIAL.c.score, TRIAL.c.as_of, TRIAL.c.external_id)
            return [
                Enrolled(**{name.name: row[name.name] for name in fields(Enrolled)}) for row in rows(connection, query)
            ]


def hold_back(
    connection: Connection,
    exceptions: Sequence[ScoredException],
    drawn: Sequence[HoldoutDraw],
    *,
    actor: str,
    at: datetime,
) -> tuple[ScoredException, ...]:
    """Enrol what was drawn and return the exceptions that people see tonight; the caller opened the transaction."""
    names = [one.external_id for one in exceptions]
    known = {row["external_id"]: row for row in rows(connection, select(TRIAL).where(TRIAL.c.external_id.in_(names)))}
    shown = set(connection.execute(select(EXCEPTION.c.external_id).where(EXCEPTION.c.external_id.in_(names))).scalars())
    eligible = {one.exception.external_id for one in drawn}
    new = [
        _row(one, at=at)
        for one in drawn
        if one.exception.external_id not in known and one.exception.external_id not in shown
    ]
    waiting = {row["external_id"] for row in (*known.values(), *new) if row["is_held"] and row["released_at"] is None}
    released = sorted(waiting - eligible)
    if new:
        connection.execute(insert(TRIAL), new)
    if released:
        connection.execute(update(TRIAL).where(TRIAL.c.external_id.in_(released)).values(released_at=at))
    entries = [audit.Entry(audit.ENROLLED, None, audit.trial_detail(row)) for row in new]
    entries += [
        audit.Entry(audit.RELEASED, None, audit.trial_detail(known[name] | {"released_at": at})) for name in released
    ]
    audit.append(connection, entries, actor=actor, at=at)
    held = waiting & eligible
    return tuple(one for one in exceptions if one.external_id not in held)


def _row(drawn: HoldoutDraw, *, at: datetime) -> Mapping[str, Any]:
    finding = drawn.exception.finding
    return {
        "external_id": drawn.exception.external_id,
        "score": finding.score,
        "object_id": finding.object_id,
        "share": drawn.share,
        "is_held": drawn.is_held,
        "probability": finding.probability,
        "money_at_risk": finding.money_at_risk,
        "currency": finding.currency,
        "as_of": finding.as_of,
        "enrolled_at": at,
        "released_at": None,
    }
