"""Delivery state of each message at each target: waiting, delivered, dead letter, or skipped.

The messages of one object go out in order of version: only the earliest that is still waiting is ever due, so a later
one follows when it arrived or was given up on. A dead letter is skipped once the target has, or may have, a later one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, insert, literal, null, or_, select, update

from leadline.queue.tables import DELIVERY, OUTBOX


class Intake(Enum):
    """Which messages a target gets."""

    EVERYTHING = "every message that ever was"
    FROM_LATEST = "the latest message of each object at first, then every message"
    OWN = "the messages that are addressed to it alone"


@dataclass(frozen=True)
class Message:
    """One message for one target. ``tries`` counts the failed attempts; ``key`` is the idempotency key."""

    number: int
    key: str
    external_id: str
    version: int
    payload: str
    created_at: datetime
    tries: int


@dataclass(frozen=True)
class Outcome:
    """Result of one attempt: no ``error`` means delivered; without ``next_try_at`` a failed message is given up on."""

    message: Message
    error: str | None = None
    next_try_at: datetime | None = None


@dataclass(frozen=True)
class DeadLetter:
    """A message that a target did not take, and why."""

    key: str
    error: str


@dataclass(frozen=True)
class TargetState:
    """How many messages wait for a target, and which were given up on."""

    target: str
    waiting: int
    dead: tuple[DeadLetter, ...]


_WAITS = and_(DELIVERY.c.delivered_at.is_(None), DELIVERY.c.dead_at.is_(None), DELIVERY.c.skipped_at.is_(None))
_IS_DEAD = and_(DELIVERY.c.dead_at.is_not(None), DELIVERY.c.skipped_at.is_(None))


def fan_out(connection: Connection, target: str, intake: Intake) -> int:
    """Add the messages that are new to a target; return how many. Numbers of the outbox grow by commit."""
    wanted = _unknown(connection, target, intake)
    done = connection.execute(insert(DELIVERY).from_select(["message", "target", "external_id", "version"], wanted))
    return done.rowcount


def due(connection: Connection, target: str, *, at: datetime, limit: int) -> list[Message]:
    """Return the messages a target may be asked to take at ``at``, those that failed least first."""
    query = (
        select(
            *(OUTBOX.c.number, OUTBOX.c.idempotency_key, OUTBOX.c.external_id, OUTBOX.c.version),
            *(OUTBOX.c.payload, OUTBOX.c.created_at, DELIVERY.c.tries),
        )
        .join(OUTBOX, OUTBOX.c.number == DELIVERY.c.message)
        .where(*_heads(target), or_(DELIVERY.c.next_try_at.is_(None), DELIVERY.c.next_try_at <= at))
        .order_by(DELIVERY.c.tries, OUTBOX.c.number)
        .limit(limit)
    )
    return [Message(*row) for row in connection.execute(query)]


def next_due(connection: Connection, target: str) -> datetime | None:
    """Return when the next message of a target may be tried; None when nothing waits, or something is due already."""
    query = select(DELIVERY.c.next_try_at).where(*_heads(target)).order_by(DELIVERY.c.next_try_at)
    moments = list(connection.execute(query).scalars())
    return None if None in moments else min(moments, default=None)


def settle(connection: Connection, target: str, outcomes: Sequence[Outcome], *, at: datetime) -> int:
    """Record results of attempts; return how many dead letters were skipped because a later version arrived."""
    skipped = 0
    for outcome in outcomes:
        message = outcome.message
        this = update(DELIVERY).where(DELIVERY.c.target == target, DELIVERY.c.message == message.number)
        values: dict[str, Any] = {"tries": message.tries + 1, "last_error": outcome.error, "next_try_at": None}
        if outcome.error is None:
            connection.execute(this.values(values | {"delivered_at": at, "dead_at": None}))
            skipped += skip_before(connection, target, message.external_id, message.version, at=at)
        elif outcome.next_try_at is None:
            connection.execute(this.values(values | {"dead_at": at}))
        else:
            connection.execute(this.values(values | {"next_try_at": outcome.next_try_at}))
    return skipped


def skip_before(connection: Connection, target: str, external_id: str, version: int, *, at: datetime) -> int:
    """Skip an object's undelivered messages before a version; return how many."""
    earlier = update(DELIVERY).where(
        DELIVERY.c.target == target,
        DELIVERY.c.external_id == external_id,
        DELIVERY.c.version < version,
        DELIVERY.c.delivered_at.is_(None),
        DELIVERY.c.skipped_at.is_(None),
    )
    return connection.execute(earlier.values(skipped_at=at)).rowcount


def revive(connection: Connection, target: str, *, at: datetime) -> int:
    """Retry a target's dead letters from the start, at once; return how many.

    Those with a later version already attempted are skipped instead: the target may have that one.
    """
    later = DELIVERY.alias("later")
    overtaken = exists().where(
        later.c.target == target,
        later.c.external_id == DELIVERY.c.external_id,
        later.c.version > DELIVERY.c.version,
        later.c.tries > 0,
    )
    dead = update(DELIVERY).where(DELIVERY.c.target == target, _IS_DEAD)
    connection.execute(dead.where(overtaken).values(skipped_at=at))
    return connection.execute(dead.values({"dead_at": None, "tries": 0, "next_try_at": None})).rowcount


def state_of(connection: Connection, target: str, intake: Intake) -> TargetState:
    """Return what waits for a target, also what was not noted for it yet, and its dead letters by number."""
    noted = select(func.count()).select_from(DELIVERY).where(DELIVERY.c.target == target, _WAITS)
    unknown = select(func.count()).select_from(_unknown(connection, target, intake).subquery())
    waiting = int(connection.execute(noted).scalar_one()) + int(connection.execute(unknown).scalar_one())
    dead = (
        select(OUTBOX.c.idempotency_key, DELIVERY.c.last_error)
        .join(OUTBOX, OUTBOX.c.number == DELIVERY.c.message)
        .where(DELIVERY.c.target == target, _IS_DEAD)
        .order_by(OUTBOX.c.number)
    )
    return TargetState(target, waiting, tuple(DeadLetter(key, error or "") for key, error in connection.execute(dead)))


def last_delivered(connection: Connection, target: str) -> dict[str, datetime]:
    """Return when the last message that a target took of each object was made, by the object's id."""
    query = (
        select(DELIVERY.c.external_id, func.max(OUTBOX.c.created_at))
        .join(OUTBOX, OUTBOX.c.number == DELIVERY.c.message)
        .where(DELIVERY.c.target == target, DELIVERY.c.delivered_at.is_not(None))
        .group_by(DELIVERY.c.external_id)
    )
    return {str(name): made for name, made in connection.execute(query)}


def _heads(target: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of the earliest waiting message of each object."""
    before = DELIVERY.alias("before")
    blocked = exists().where(
        before.c.target == target,
        before.c.external_id == DELIVERY.c.external_id,
        before.c.version < DELIVERY.c.version,
        before.c.delivered_at.is_(None),
        before.c.dead_at.is_(None),
        before.c.skipped_at.is_(None),
    )
    return (DELIVERY.c.target == target, _WAITS, ~blocked)


def _unknown(connection: Connection, target: str, intake: Intake) -> Select[Any]:
    last = connection.execute(select(func.max(DELIVERY.c.message)).where(DELIVERY.c.target == target)).scalar()
    query = select(OUTBOX.c.number, literal(target).label("target"), OUTBOX.c.external_id, OUTBOX.c.version)
    query = query.where(OUTBOX.c.target == target if intake is Intake.OWN else OUTBOX.c.target.is_(null()))
    if last is None and intake is Intake.FROM_LATEST:
        latest = select(func.max(OUTBOX.c.number)).where(OUTBOX.c.target.is_(None)).group_by(OUTBOX.c.external_id)
        query = query.where(OUTBOX.c.number.in_(latest))
    return query.where(OUTBOX.c.number > (last or 0)).order_by(OUTBOX.c.number)
