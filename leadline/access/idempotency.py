"""API responses by idempotency key: a repeated request gets the first response and is executed once.

A response is stored in the transaction of its change, so that neither exists without the other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from leadline.access.tables import ANSWER
from leadline.queue.engine import rows
from leadline.queue.records import canonical

# How long a repeat is recognised.
KEPT = timedelta(days=2)


@dataclass(frozen=True)
class KeyedRequest:
    """A changing request: its user, their idempotency key, and its content."""

    login: str
    key: str
    what: str

    @property
    def digest(self) -> str:
        """The key of the stored response: idempotency keys are per user."""
        return _sha256(canonical([self.login, self.key]))


@dataclass(frozen=True)
class StoredResponse:
    """A stored response: HTTP status and JSON body."""

    status: int
    body: str


class KeyReusedError(Exception):
    """The key was used for another request; nothing was done. No command sends keys, so it has no exit code."""


def find(connection: Connection, request: KeyedRequest, *, at: datetime) -> StoredResponse | None:
    """Return the first response to a request; None when it is new or its response has expired.

    Raises:
        KeyReusedError: the same key came with another request.
    """
    query = select(ANSWER).where(ANSWER.c.digest == request.digest, ANSWER.c.at > at - KEPT)
    row = next(rows(connection, query), None)
    if row is None:
        return None
    if row["request_digest"] != _sha256(request.what):
        raise KeyReusedError(request.key)
    return StoredResponse(row["status"], row["body"])


def keep(connection: Connection, request: KeyedRequest, response: StoredResponse, *, at: datetime) -> None:
    """Store the response to a request and delete those older than :data:`KEPT`."""
    connection.execute(delete(ANSWER).where(ANSWER.c.at <= at - KEPT))
    row = {"digest": request.digest, "request_digest": _sha256(request.what)}
    connection.execute(insert(ANSWER).values(**row, status=response.status, body=response.body, at=at))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
