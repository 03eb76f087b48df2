"""Audit entries for readers: newest first, limited to what each reader may see, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select

from leadline.queue.audit import head_of
from leadline.queue.engine import rows
from leadline.queue.tables import AUDIT, EXCEPTION
from leadline.queue.worklist import RowScope, within

_AT_ONCE = 500
EXPORTED = "exported"
FILTERS = "filters"
# What happens beside the queue and tells nothing of an exception. Every other entry that names none in its column (of a
# decision, of the trial) may tell of one all the same, and is for who sees the whole queue.
BESIDE = (
    *("logged_in", "logged_out", "last_try", "code_made", "password_set", EXPORTED),
    *("user_added", "user_changed", "user_disabled", "user_enabled", "token_made", "token_revoked"),
)


@dataclass(frozen=True)
class Readership:
    """Which audit entries a user may read.

        Attributes:
            login: theirs; what they did beside the queue (logged in, exported) they may read in any case.
    scope: of the queue; entries of its exceptions are theirs to read.
            sees_all: the whole queue is in scope: also entries of exceptions that are gone, of decisions and of the
            trial. sees_access: also what others did beside the queue: users, tokens, sessions, exports.
    """

    login: str
    scope: RowScope
    sees_all: bool
    sees_access: bool


@dataclass(frozen=True)
class Asked:
    """A filter of entries; None means all. ``until`` is exclusive."""

    actor: str | None = None
    event: str | None = None
    external_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Sealed:
    """One entry: its place in the chain, when, who, what, about which exception, its facts, and both hashes."""

    number: int
    at: datetime
    actor: str
    event: str
    external_id: str | None
    previous_hash: str
    hash: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def page(
    connection: Connection, reader: Readership, asked: Asked, *, limit: int, before: int | None = None
) -> list[Sealed]:
    """Return up to ``limit`` entries, the newest first, those before a number."""
    query = _matching(reader, asked).limit(limit)
    if before is not None:
        query = query.where(AUDIT.c.number < before)
    return [_sealed(row, reader) for row in rows(connection, query)]


def each(connection: Connection, reader: Readership, asked: Asked) -> Iterator[Sealed]:
    """Yield all entries, the newest first, read some at a time."""
    query = _matching(reader, asked).execution_options(yield_per=_AT_ONCE)
    for row in rows(connection, query):
        yield _sealed(row, reader)


def last_number(connection: Connection) -> int:
    """Return the number of the chain's last entry, regardless of permissions."""
    return head_of(connection).number


def _matching(reader: Readership, asked: Asked) -> Select[Any]:
    column = AUDIT.c
    exact = ((column.actor, asked.actor), (column.event, asked.event), (column.external_id, asked.external_id))
    limits: list[ColumnElement[bool]] = [place.in_([value]) for place, value in exact if value is not None]
    limits += [column.at >= asked.since] if asked.since is not None else []
    limits += [column.at < asked.until] if asked.until is not None else []
    return select(AUDIT).where(_readable(reader), *limits).order_by(column.number.desc())


def _readable(reader: Readership) -> ColumnElement[bool]:
    beside = AUDIT.c.event.in_(BESIDE)
    seen = AUDIT.c.external_id.in_(select(EXCEPTION.c.external_id).where(*within(reader.scope)))
    return or_(
        ~beside if reader.sees_all else seen,
        beside if reader.sees_access else and_(beside, AUDIT.c.actor == reader.login),
    )


def _sealed(row: Mapping[str, Any], reader: Readership) -> Sealed:
    detail = _read(row["detail"])
    if row["event"] == EXPORTED and not reader.sees_all and row["actor"] != reader.login:
        detail = {name: value for name, value in detail.items() if name != FILTERS}
    names = ("number", "at", "actor", "event", "external_id", "previous_hash", "hash")
    return Sealed(**{name: row[name] for name in names}, detail=detail)


def _read(text: str) -> dict[str, Any]:
    """Return an entry's facts; the raw text of one that was tampered with."""
    try:
        detail = json.loads(text)
    except ValueError:
        detail = None
    return detail if isinstance(detail, dict) else {"text": text}
