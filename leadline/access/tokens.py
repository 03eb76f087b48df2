"""API tokens: shown once, stored as a digest, limited to some permissions of one user, until they expire or are
revoked.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from leadline.access.permissions import check_scopes
from leadline.access.secrets import digest, fresh, fresh_id
from leadline.access.tables import TOKEN
from leadline.access.users import User, existing, find
from leadline.kernel.errors import UsageError
from leadline.queue import audit
from leadline.queue.engine import rows
from leadline.queue.records import canonical, moment_text

PREFIX = "leadline"
MAX_DAYS = 366


@dataclass(frozen=True)
class Token:
    """The record of an API token, without the token itself."""

    token_id: str
    login: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def make(
    connection: Connection, login: str, *, scopes: Iterable[str], days: int, actor: str, at: datetime
) -> tuple[str, Token]:
    """Make a token for a user and return it with its record; it cannot be read again.

    Raises:
        UsageError: no such user, a scope is unknown or not one of theirs, or too many days.
    """
    user = existing(connection, login)["login"]
    named = check_scopes(scopes)
    owner = find(connection, user)
    beyond = [scope for scope in named if owner is None or not owner.may(scope)]
    if beyond:
        raise UsageError("A token cannot grant more than its user may do.", where=user, found=", ".join(beyond))
    if not 1 <= days <= MAX_DAYS:
        raise UsageError("Invalid token lifetime.", where="--days", expected=f"1 to {MAX_DAYS}", found=str(days))
    token_id, secret = fresh_id(), fresh()
    row = {
        "token_id": token_id,
        "login": user,
        "scopes": list(named),
        "digest": digest(secret),
        "created_at": at,
        "expires_at": at + timedelta(days=days),
        "revoked_at": None,
    }
    connection.execute(insert(TOKEN), [row])
    _note(connection, "token_made", row, actor=actor, at=at)
    return f"{PREFIX}_{token_id}_{secret}", _token(row)


def revoke(connection: Connection, token_id: str, *, actor: str, at: datetime) -> Token:
    """Revoke a token by its id; one that was revoked stays as it was.

    Raises:
        UsageError: there is no such token.
    """
    row = next(rows(connection, select(TOKEN).where(TOKEN.c.token_id == token_id)), None)
    if row is None:
        raise UsageError("No such token.", where=token_id[:40], next_step="leadline users list --tokens")
    if row["revoked_at"] is None:
        row["revoked_at"] = at
        connection.execute(update(TOKEN).where(TOKEN.c.token_id == token_id).values(revoked_at=at))
        _note(connection, "token_revoked", row, actor=actor, at=at)
    return _token(row)


def user_behind(connection: Connection, token: str, *, at: datetime) -> User | None:
    """Return the user of a token, with its scopes as their permissions; None when it is invalid or expired."""
    prefix, _, rest = token.partition("_")
    token_id, _, secret = rest.partition("_")
    if not (token_id.isascii() and token_id.isalnum()):  # arbitrary bytes must not reach the database
        return None
    row = next(rows(connection, select(TOKEN).where(TOKEN.c.token_id == token_id)), None)
    if prefix != PREFIX or row is None or not hmac.compare_digest(row["digest"], digest(secret)):
        return None
    if row["revoked_at"] is not None or at >= row["expires_at"]:
        return None
    user = find(connection, row["login"])
    if user is None or user.disabled_at is not None:
        return None
    return replace(user, permissions=user.permissions & frozenset(row["scopes"]))


def id_of(token: str) -> str:
    """Return the public part of a token, its id; meaningless for other text."""
    return token.partition("_")[2].partition("_")[0]


def all_tokens(connection: Connection) -> list[Token]:
    """Return the records of all tokens, by user, the newest last."""
    return [_token(row) for row in rows(connection, select(TOKEN).order_by(TOKEN.c.login, TOKEN.c.created_at))]


def detail_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the audit keeps of a token: neither the token nor its digest, but one over both."""
    public = {name: row[name] for name in ("token_id", "login", "scopes")}
    public |= {"expires_at": moment_text(row["expires_at"]), "is_revoked": row["revoked_at"] is not None}
    sealed = canonical(public | {"digest": row["digest"]})
    return public | {"token_digest": hashlib.sha256(sealed.encode()).hexdigest()}


def _note(connection: Connection, event: str, row: Mapping[str, Any], *, actor: str, at: datetime) -> None:
    audit.append(connection, [audit.Entry(event, None, detail_of(row))], actor=actor, at=at)


def _token(row: Mapping[str, Any]) -> Token:
    names = ("token_id", "login", "created_at", "expires_at", "revoked_at")
    return Token(**{name: row[name] for name in names}, scopes=tuple(row["scopes"]))
