"""Tries to log in are counted per login, in the store, so that neither patience nor a restart helps to guess.

A try counts before the password is looked at and is forgotten when it was right: tries at the same moment count too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from leadline.access.tables import LOGIN, TRY
from leadline.queue.engine import rows

MOST_TRIES = 5
PAUSE = timedelta(minutes=15)


class LogInRefusedError(Exception):
    """The login was refused; ``what`` says why, for people. No command logs in, so it has no exit code."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class TriedTooOftenError(LogInRefusedError):
    """Too many wrong passwords for one login; it may be tried again later."""


class WrongPasswordError(LogInRefusedError):
    """The login and the password do not belong together, or the user is disabled; which of it is not said."""


def count(connection: Connection, login: str, *, at: datetime) -> int:
    """Count one more try and return how many there were since the last pause or right password.

    Raises:
        TriedTooOftenError: there were too many; this one is not looked at and does not prolong the pause.
    """
    connection.execute(delete(TRY).where(TRY.c.last_at <= at - PAUSE))
    name = _name(login)
    row = next(rows(connection, select(TRY).where(TRY.c.login == name)), None)
    if row is None:
        connection.execute(insert(TRY).values(login=name, tries=1, last_at=at))
        return 1
    if row["tries"] >= MOST_TRIES:
        minutes = -((at - row["last_at"] - PAUSE) // timedelta(minutes=1))
        raise TriedTooOftenError(f"Too many tries. Wait {minutes} minutes.")
    tries = int(row["tries"]) + 1
    connection.execute(update(TRY).where(TRY.c.login == name).values(tries=tries, last_at=at))
    return tries


def forget(connection: Connection, login: str) -> None:
    """Forget the tries of a login: its password was right, or is new."""
    connection.execute(delete(TRY).where(TRY.c.login == _name(login)))


def _name(login: str) -> str:
    return login.strip().lower()[:LOGIN]
