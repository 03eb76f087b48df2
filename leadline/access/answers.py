"""Answers of the API by idempotency key: a request that is sent again is answered as the first time and done once.

An answer is kept in the transaction of what it tells, so that there is never the one without the other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from leadline.access.tables import ANSWER
from leadline.queue.engine import rows
from leadline.queue.records import canonical

# So long a repeat is known as one.
KEPT = timedelta(days=2)


@dataclass(frozen=True)
class Asking:
    """A changing request: whose, their key for it, and what it asks for."""

    login: str
    key: str
    what: str

    @property
    def digest(self) -> str:
        """The name of the answer: a key is one user's own."""
        return _sha256(canonical([self.login, self.key]))


@dataclass(frozen=True)
class Answer:
    """What was answered: an HTTP status and a JSON text."""

    status: int
    body: str


class KeyReusedError(Exception):
    """The key was used for another request; nothing was done. No command sends keys, so it has no exit code."""


def find(connection: Connection, asking: Asking, *, at: datetime) -> Answer | None:
    """Return the first answer to a request, None when it was not sent before or too long ago.

    Raises:
        KeyReusedError: the same key came with another request.
    """
    query = select(ANSWER).where(ANSWER.c.digest == asking.digest, ANSWER.c.at > at - KEPT)
    row = next(rows(connection, query), None)
    if row is None:
        return None
    if row["request_digest"] != _sha256(asking.what):
        raise KeyReusedError(asking.key)
    return Answer(row["status"], row["body"])


def keep(connection: Connection, asking: Asking, answer: Answer, *, at: datetime) -> None:
    """Keep the answer to a request; those that are older than :data:`KEPT` go."""
    connection.execute(delete(ANSWER).where(ANSWER.c.at <= at - KEPT))
    row = {"digest": asking.digest, "request_digest": _sha256(asking.what)}
    connection.execute(insert(ANSWER).values(**row, status=answer.status, body=answer.body, at=at))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
