"""Deliver what changed to the receiving system: at least once, with a key by which it takes each message once.

The adapter here drops one JSON file per message into a folder: written under a hidden name, flushed, renamed. The
file's name is the idempotency key (exception id and version), so a repeated delivery is the same file with the same
bytes; a receiver moves what it has taken to ``done/`` beside it, and nothing that lies there is delivered again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, select, update

from leadline.kernel.errors import HomeError
from leadline.queue.engine import reading, writing
from leadline.queue.records import Values, as_record, queued
from leadline.queue.tables import OUTBOX

MAX_TRIES = 5
TAKEN = "done"
_CHUNK = 200

# Takes the folder, the idempotency key and the message; raises OSError when it could not be delivered.
Adapter = Callable[[Path, str, bytes], None]


@dataclass(frozen=True)
class DeliveryReport:
    """What one delivery did: messages delivered, failed (to be tried again), and given up on for good."""

    delivered: int = 0
    failed: int = 0
    dead: int = 0


@dataclass(frozen=True)
class _Outcome:
    number: int
    error: str | None


def enqueue(connection: Connection, changed: Iterable[tuple[str, Values]], *, at: datetime) -> None:
    """Put a message per changed exception into the outbox, in the transaction of the change."""
    rows = [_message(event, row, at) for event, row in changed]
    if rows:
        connection.execute(insert(OUTBOX), rows)


def deliver(
    engine: Engine, folder: Path, *, at: datetime, retry_dead: bool = False, adapter: Adapter | None = None
) -> DeliveryReport:
    """Deliver all pending messages, oldest first; after :data:`MAX_TRIES` failures a message is a dead letter.

    Raises:
        HomeError: the folder cannot be made; no message's tries are counted.
    """
    if retry_dead:
        with writing(engine) as connection:
            connection.execute(update(OUTBOX).where(OUTBOX.c.dead_at.is_not(None)).values(dead_at=None, tries=0))
    _ready(folder)
    report, last = DeliveryReport(), 0
    while chunk := _pending(engine, after=last):
        outcomes = [_try(adapter or drop_file, folder, number, key, payload) for number, key, payload in chunk]
        _sync(folder)
        report = _add(report, _mark(engine, outcomes, at=at))
        last = chunk[-1][0]
    return report


def drop_file(folder: Path, key: str, message: bytes) -> None:
    """Write one message as ``<key>.json`` unless the receiver has it already."""
    target = folder / f"{key}.json"
    if target.exists() or (folder / TAKEN / target.name).exists():
        return
    hidden = folder / f".{key}.tmp"
    with hidden.open("wb") as stream:
        stream.write(message)
        stream.flush()
        os.fsync(stream.fileno())
    hidden.replace(target)


def waiting(connection: Connection) -> tuple[int, int]:
    """Return how many messages are pending and how many are dead letters."""
    pending = select(func.count()).where(OUTBOX.c.delivered_at.is_(None), OUTBOX.c.dead_at.is_(None))
    dead = select(func.count()).where(OUTBOX.c.dead_at.is_not(None))
    return int(connection.execute(pending).scalar_one()), int(connection.execute(dead).scalar_one())


def _message(event: str, row: Values, at: datetime) -> Values:
    key = f"{row['external_id']}-{row['version']}"
    payload = {"idempotency_key": key, "event": event} | as_record(queued(row))
    return {
        "idempotency_key": key,
        "external_id": row["external_id"],
        "version": row["version"],
        "payload": json.dumps(payload, ensure_ascii=False),
        "created_at": at,
        "tries": 0,
    }


def _ready(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise HomeError(
            "The outbox folder cannot be used; nothing was delivered and nothing is lost.",
            where=str(folder),
            found=exc.strerror or str(exc),
            next_step="check the setting outbox_folder and its permissions, then leadline queue deliver",
        ) from exc


def _pending(engine: Engine, *, after: int) -> Sequence[tuple[int, str, str]]:
    query = (
        select(OUTBOX.c.number, OUTBOX.c.idempotency_key, OUTBOX.c.payload)
        .where(OUTBOX.c.delivered_at.is_(None), OUTBOX.c.dead_at.is_(None), OUTBOX.c.number > after)
        .order_by(OUTBOX.c.number)
        .limit(_CHUNK)
    )
    with reading(engine) as connection:
        return [(number, key, payload) for number, key, payload in connection.execute(query)]


def _try(adapter: Adapter, folder: Path, number: int, key: str, payload: str) -> _Outcome:
    try:
        adapter(folder, key, payload.encode())
    except OSError as exc:
        return _Outcome(number, exc.strerror or str(exc))
    return _Outcome(number, None)


def _mark(engine: Engine, outcomes: Sequence[_Outcome], *, at: datetime) -> DeliveryReport:
    delivered = [outcome.number for outcome in outcomes if outcome.error is None]
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    dead = 0
    with writing(engine) as connection:
        if delivered:
            done = update(OUTBOX).where(OUTBOX.c.number.in_(delivered))
            connection.execute(done.values(delivered_at=at, tries=OUTBOX.c.tries + 1, last_error=None))
        for outcome in failed:
            one = update(OUTBOX).where(OUTBOX.c.number == outcome.number)
            connection.execute(one.values(tries=OUTBOX.c.tries + 1, last_error=outcome.error))
            dead += connection.execute(one.where(OUTBOX.c.tries >= MAX_TRIES).values(dead_at=at)).rowcount
    return DeliveryReport(delivered=len(delivered), failed=len(failed) - dead, dead=dead)


def _add(one: DeliveryReport, other: DeliveryReport) -> DeliveryReport:
    return DeliveryReport(one.delivered + other.delivered, one.failed + other.failed, one.dead + other.dead)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
