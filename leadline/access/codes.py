"""One-time codes: to create the first admin, or to let a user set a password. No password is ever handed on.

A code is shown once, works once, and ends when it expires or is replaced by a newer one for the same purpose.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from leadline.access.secrets import digest, fresh
from leadline.access.tables import CODE
from leadline.access.users import admins
from leadline.kernel.errors import UsageError
from leadline.queue.engine import rows

FIRST_ADMIN_LIFE = timedelta(hours=1)
PASSWORD_LIFE = timedelta(hours=48)


def make(connection: Connection, login: str | None, *, at: datetime) -> str:
    """Make a code for a user to set a password, or for the first admin (``login`` None); earlier ones are void.

    Raises:
        UsageError: a first admin is wanted and there is an admin.
    """
    if login is None:
        check_no_admin(connection)
    drop(connection, login)
    code = fresh()
    life = FIRST_ADMIN_LIFE if login is None else PASSWORD_LIFE
    connection.execute(insert(CODE).values(digest=digest(code), login=login, expires_at=at + life))
    return code


def redeem(connection: Connection, code: str, *, first_admin: bool, at: datetime) -> str | None:
    """Redeem a code and return its user (None: the first admin's).

    Raises:
        UsageError: as :func:`check`.
    """
    login = check(connection, code, first_admin=first_admin, at=at)
    connection.execute(delete(CODE).where(CODE.c.digest == digest(code.strip())))
    return login


def check(connection: Connection, code: str, *, first_admin: bool, at: datetime) -> str | None:
    """Return the user of a code (None: the first admin's) without redeeming it.

    Raises:
        UsageError: it is unknown, for another purpose, expired or used; or there is an admin by now.
    """
    row = next(rows(connection, select(CODE).where(CODE.c.digest == digest(code.strip()))), None)
    if row is None or at >= row["expires_at"] or (row["login"] is None) is not first_admin:
        raise UsageError(
            "Invalid or expired code.",
            where="code",
            next_step="ask for a new one: leadline users first-admin, or an admin for one that sets a password",
        )
    if first_admin:
        check_no_admin(connection)
    login: str | None = row["login"]
    return login


def drop(connection: Connection, login: str | None) -> None:
    """Invalidate the codes of a user (None: of the first admin)."""
    connection.execute(delete(CODE).where(CODE.c.login.is_(None) if login is None else CODE.c.login == login))


def check_no_admin(connection: Connection) -> None:
    """Check that there is no admin yet.

    Raises:
        UsageError: there is one.
    """
    found = admins(connection)
    if found:
        raise UsageError(
            "An admin already exists.",
            found=", ".join(found),
            next_step="ask them to add you, or reset their password: leadline users password LOGIN",
        )
