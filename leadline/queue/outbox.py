"""The outbox: messages for other systems, written in the transaction of the change they report.

A message is for every target, or, with ``target``, for that one alone. Its state at each target is kept in
:mod:`leadline.queue.deliveries`; sending it is the job of :mod:`leadline.delivery`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, insert, select

from leadline.queue.records import Values, as_record, queued
from leadline.queue.tables import OUTBOX

# The events that make an exception new work.
FRESH = ("added", "re_opened")


def enqueue(connection: Connection, changed: Iterable[tuple[str, Values]], *, at: datetime) -> None:
    """Put a message per changed exception into the outbox, in the transaction of the change."""
    rows = [_message(event, row, at) for event, row in changed]
    if rows:
        connection.execute(insert(OUTBOX), rows)


def address(
    connection: Connection, target: str, *, key: str, subject: str, version: int, payload: Values, at: datetime
) -> bool:
    """Put a message for one target into the outbox unless its key is there; return whether it was added."""
    if connection.execute(select(OUTBOX.c.number).where(OUTBOX.c.idempotency_key == key)).first() is not None:
        return False
    connection.execute(insert(OUTBOX), [_row(key, subject, version, payload, at) | {"target": target}])
    return True


def fresh_since(connection: Connection, moment: datetime | None) -> dict[str, datetime]:
    """Return when each exception last became new work (added or re-opened) after a moment, by external id."""
    query = select(OUTBOX.c.external_id, OUTBOX.c.created_at, OUTBOX.c.payload).where(OUTBOX.c.target.is_(None))
    if moment is not None:
        query = query.where(OUTBOX.c.created_at > moment)
    messages = connection.execute(query.order_by(OUTBOX.c.number))
    return {name: created for name, created, payload in messages if json.loads(payload)["event"] in FRESH}


def _message(event: str, row: Values, at: datetime) -> Values:
    key = f"{row['external_id']}-{row['version']}"
    payload = {"idempotency_key": key, "event": event} | as_record(queued(row))
    return _row(key, row["external_id"], row["version"], payload, at)


def _row(key: str, subject: str, version: int, payload: Values, at: datetime) -> Values:
    return {
        "idempotency_key": key,
        "external_id": subject,
        "version": version,
        "payload": json.dumps(payload, ensure_ascii=False),
        "created_at": at,
        "target": None,
    }
