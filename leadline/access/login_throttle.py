"""Login throttle: failed attempts are counted per login, in the store, so a restart does not reset the count.

An attempt counts before the password is checked and is reset on success, so concurrent attempts count too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from leadline.access.tables import FAILED_LOGIN, LOGIN
from leadline.queue.engine import rows

MAX_ATTEMPTS = 5
LOCKOUT = timedelta(minutes=15)


class LoginRefusedError(Exception):
    """The login was refused; ``what`` says why, for people. No command logs in, so it has no exit code."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class TooManyAttemptsError(LoginRefusedError):
    """Too many wrong passwords for one login; it may be used again later."""


class WrongPasswordError(LoginRefusedError):
    """The login or password is wrong, or the user is disabled; the message does not say which."""


def register_attempt(connection: Connection, login: str, *, at: datetime) -> int:
    """Count one more attempt and return how many there were since the last lockout or success.

    Raises:
        TriedTooOftenError: there were too many; this one is not checked and does not prolong the lockout.
    """
    connection.execute(delete(FAILED_LOGIN).where(FAILED_LOGIN.c.last_at <= at - LOCKOUT))
    name = _name(login)
    row = next(rows(connection, select(FAILED_LOGIN).where(FAILED_LOGIN.c.login == name)), None)
    if row is None:
        connection.execute(insert(FAILED_LOGIN).values(login=name, tries=1, last_at=at))
        return 1
    if row["tries"] >= MAX_ATTEMPTS:
        minutes = -((at - row["last_at"] - LOCKOUT) // timedelta(minutes=1))
        raise TooManyAttemptsError(f"Too many failed logins. Try again in {minutes} minutes.")
    tries = int(row["tries"]) + 1
    connection.execute(update(FAILED_LOGIN).where(FAILED_LOGIN.c.login == name).values(tries=tries, last_at=at))
    return tries


def reset(connection: Connection, login: str) -> None:
    """Reset the count of a login after a success or a new password."""
    connection.execute(delete(FAILED_LOGIN).where(FAILED_LOGIN.c.login == _name(login)))


def _name(login: str) -> str:
    return login.strip().lower()[:LOGIN]
