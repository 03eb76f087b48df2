"""A user: who they are, what their roles let them do, which legal entities' rows they see."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from leadline.access.permissions import allowed, check_roles
from leadline.access.tables import LOGIN, USER
from leadline.kernel.errors import UsageError
from leadline.queue import audit
from leadline.queue.engine import rows
from leadline.queue.records import canonical

ADMIN = "admin"
_LOGIN_FORM = re.compile(r"[a-z0-9][a-z0-9._@+-]*")


@dataclass(frozen=True)
class User:
    """A user of Leadline.

    ``login`` is the name in decisions and in the audit, and never changes. ``legal_entities`` is None for
    all of them. ``person_id`` is who they are in the warehouse, so that what is routed to them is theirs.
    ``permissions`` follow from the roles; a token narrows them to its scopes.
    """

    login: str
    roles: tuple[str, ...]
    legal_entities: frozenset[str] | None
    person_id: str | None
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None
    permissions: frozenset[str] = field(default_factory=frozenset)

    def may(self, permission: str) -> bool:
        """Return whether one of their roles grants a permission."""
        return permission in self.permissions


def sees(user: User, legal_entity_id: str | None) -> bool:
    """Return whether a row of a legal entity is in a user's scope; a row without one needs access to all."""
    return user.legal_entities is None or legal_entity_id in user.legal_entities


def find(connection: Connection, login: str) -> User | None:
    """Return a user by login, disabled or not; None where there is none."""
    row = row_of(connection, login)
    return None if row is None else user_of(row)


def everybody(connection: Connection) -> list[User]:
    """Return all users by login, also disabled ones."""
    return [user_of(row) for row in rows(connection, select(USER).order_by(USER.c.login))]


def add(
    connection: Connection,
    login: str,
    *,
    roles: Iterable[str],
    legal_entities: Iterable[str] | None,
    person_id: str | None,
    password_hash: str | None,
    actor: str,
    at: datetime,
) -> User:
    """Add a user. Without a password they cannot log in until a one-time code sets one.

    Raises:
        UsageError: the login is invalid or taken, a role is unknown, or the scope is empty.
    """
    name = _checked_login(login)
    if row_of(connection, name) is not None:
        raise UsageError("Login already exists.", where=name, next_step="leadline users list shows all")
    row = {
        "login": name,
        "roles": list(check_roles(roles)),
        "legal_entities": _scope(legal_entities),
        "person_id": person_id or None,
        "password_hash": password_hash,
        "created_at": at,
        "disabled_at": None,
    }
    connection.execute(insert(USER), [row])
    note(connection, "user_added", row, actor=actor, at=at)
    return user_of(row)


def change(
    connection: Connection, login: str, changes: Mapping[str, Any], event: str, *, actor: str, at: datetime
) -> User:
    """Change columns of a user, audited as ``event``; roles and scope are checked.

    Raises:
        UsageError: there is no such user, a role is unknown, the scope is empty, or no admin would be left.
    """
    row = existing(connection, login)
    values = dict(changes)
    if "roles" in values:
        values["roles"] = list(check_roles(values["roles"]))
    if "legal_entities" in values:
        values["legal_entities"] = _scope(values["legal_entities"])
    following = row | values
    if _is_admin(row) and not _is_admin(following) and admins(connection) == [row["login"]]:
        raise UsageError(
            "At least one active admin is required.",
            where=row["login"],
            next_step="make another user an admin first",
        )
    connection.execute(update(USER).where(USER.c.login == row["login"]).values(values))
    note(connection, event, following, actor=actor, at=at)
    return user_of(following)


def existing(connection: Connection, login: str) -> dict[str, Any]:
    """Return a user's row.

    Raises:
        UsageError: there is no such user.
    """
    row = row_of(connection, login)
    if row is None:
        raise UsageError("No such user.", where=login, next_step="leadline users list shows all")
    return row


def row_of(connection: Connection, login: str) -> dict[str, Any] | None:
    """Return a user's row, None without one; logins are case-insensitive."""
    return next(rows(connection, select(USER).where(USER.c.login == login.strip().lower())), None)


def user_of(row: Mapping[str, Any]) -> User:
    """Return a row as a user; a disabled one may do nothing."""
    entities = row["legal_entities"]
    return User(
        login=row["login"],
        roles=tuple(row["roles"]),
        legal_entities=None if entities is None else frozenset(entities),
        person_id=row["person_id"],
        has_password=row["password_hash"] is not None,
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
        permissions=frozenset() if row["disabled_at"] is not None else allowed(row["roles"]),
    )


def admins(connection: Connection) -> list[str]:
    """Return the logins of all admins who are not disabled."""
    return [row["login"] for row in rows(connection, select(USER).order_by(USER.c.login)) if _is_admin(row)]


def note(connection: Connection, event: str, row: Mapping[str, Any], *, actor: str, at: datetime) -> None:
    """Append a user's current state to the audit."""
    audit.append(connection, [audit.Entry(event, None, detail_of(row))], actor=actor, at=at)


def detail_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the audit keeps of a user. The password is in it only as part of a digest over its salted hash."""
    public = {name: row[name] for name in ("login", "roles", "legal_entities", "person_id")}
    public |= {"is_disabled": row["disabled_at"] is not None, "has_password": row["password_hash"] is not None}
    sealed = canonical(public | {"password_hash": row["password_hash"]})
    return public | {"user_digest": hashlib.sha256(sealed.encode()).hexdigest()}


def _is_admin(row: Mapping[str, Any]) -> bool:
    return ADMIN in row["roles"] and row["disabled_at"] is None


def _scope(legal_entities: Iterable[str] | None) -> Sequence[str] | None:
    if legal_entities is None:
        return None
    named = sorted({name.strip() for name in legal_entities} - {""})
    if not named:
        raise UsageError(
            "No legal entity given.",
            where="--legal-entity",
            expected="one or more legal entities, or --all-legal-entities",
            found="nothing",
        )
    return named


def _checked_login(login: str) -> str:
    name = login.strip().lower()
    if not _LOGIN_FORM.fullmatch(name) or len(name) > LOGIN:
        raise UsageError(
            "Invalid login.",
            where=login[:LOGIN],
            expected=f"at most {LOGIN} letters (a-z), digits and . _ @ + -, the first a letter or digit",
        )
    return name
