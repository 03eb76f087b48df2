"""Sessions: opened by a login, found by the digest of a random token, ended by idleness, age, log-out or disabling."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from leadline.access.secrets import digest, fresh
from leadline.access.tables import SESSION, SPENT_STATE, USER
from leadline.access.users import User, user_of
from leadline.queue.engine import rows

MAX_IDLE = timedelta(hours=1)
MAX_AGE = timedelta(hours=12)
# A session's last use is written at most this often.
TOUCH_INTERVAL = timedelta(minutes=1)


def start(connection: Connection, login: str, *, at: datetime) -> str:
    """Start a session and return its token, which is stored nowhere; sessions that are over are removed."""
    over = or_(SESSION.c.seen_at <= at - MAX_IDLE, SESSION.c.created_at <= at - MAX_AGE)
    connection.execute(delete(SESSION).where(over))
    token = fresh()
    connection.execute(insert(SESSION).values(digest=digest(token), login=login, created_at=at, seen_at=at))
    return token


def spend(connection: Connection, state: str, *, at: datetime) -> bool:
    """Mark a provider's login as used; return whether it was new. It is remembered as long as a session may last."""
    connection.execute(delete(SPENT_STATE).where(SPENT_STATE.c.at <= at - MAX_AGE))
    if connection.execute(select(SPENT_STATE.c.at).where(SPENT_STATE.c.state == state)).first() is not None:
        return False
    connection.execute(insert(SPENT_STATE).values(state=state, at=at))
    return True


def user_behind(connection: Connection, token: str, *, at: datetime) -> tuple[User, datetime] | None:
    """Return who a token belongs to and when they were last seen; None when the session is unknown or over, or the user
    is disabled.
    """
    query = (
        select(USER, SESSION.c.seen_at)
        .join(SESSION, SESSION.c.login == USER.c.login)
        .where(
            SESSION.c.digest == digest(token),
            SESSION.c.seen_at > at - MAX_IDLE,
            SESSION.c.created_at > at - MAX_AGE,
            USER.c.disabled_at.is_(None),
        )
    )
    row = next(rows(connection, query), None)
    return None if row is None else (user_of(row), row["seen_at"])


def touch(connection: Connection, token: str, *, at: datetime) -> None:
    """Record that a session was used."""
    connection.execute(update(SESSION).where(SESSION.c.digest == digest(token)).values(seen_at=at))


def end(connection: Connection, token: str) -> str | None:
    """End one session and return whose it was."""
    login = connection.execute(select(SESSION.c.login).where(SESSION.c.digest == digest(token))).scalar()
    connection.execute(delete(SESSION).where(SESSION.c.digest == digest(token)))
    return login


def end_all(connection: Connection, login: str, *, but: str | None = None) -> None:
    """End all sessions of a user, but for the one of a token."""
    ending = delete(SESSION).where(SESSION.c.login == login)
    connection.execute(ending if but is None else ending.where(SESSION.c.digest != digest(but)))
