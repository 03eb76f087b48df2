"""The access service: users, sessions, tokens and codes. Each change is one transaction with its audit entry."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from leadline.access import audit_check, codes, login_throttle, sessions, tokens, users
from leadline.access.login_throttle import LoginRefusedError, WrongPasswordError
from leadline.access.passwords import Hasher, argon2id, check_new, hashed, matches
from leadline.access.tokens import Token
from leadline.access.users import ADMIN, User
from leadline.kernel.errors import BusyError, Fault, UsageError
from leadline.queue import audit
from leadline.queue.store import Store


class Access:
    """Users of one ops store. Moments are given by the caller; ``actor`` is who makes a change.

    Raises everywhere what :class:`leadline.queue.store.Store` raises.
    """

    def __init__(self, store: Store, *, hasher: Hasher | None = None) -> None:
        self.store = store
        self._hasher = hasher or argon2id()

    def users(self) -> list[User]:
        """Return all users by login, also disabled ones."""
        with self.store.reading() as connection:
            return users.everybody(connection)

    def has_admin(self) -> bool:
        """Return whether there is an admin."""
        with self.store.reading() as connection:
            return bool(users.admins(connection))

    def add(
        self,
        login: str,
        *,
        roles: Iterable[str],
        legal_entities: Iterable[str] | None,
        person_id: str | None = None,
        password: str | None = None,
        actor: str,
        at: datetime,
    ) -> User:
        """Add a user; ``legal_entities`` None means all.

        Raises:
            UsageError: the login is invalid or taken, the password too weak, a role unknown, or the scope empty.
        """
        kept = None if password is None else hashed(self._hasher, check_new(password, login=login))
        with self.store.writing(at=at) as connection:
            return users.add(
                connection,
                login,
                roles=roles,
                legal_entities=legal_entities,
                person_id=person_id,
                password_hash=kept,
                actor=actor,
                at=at,
            )

    def change(
        self,
        login: str,
        *,
        roles: Iterable[str],
        legal_entities: Iterable[str] | None,
        person_id: str | None,
        actor: str,
        at: datetime,
    ) -> User:
        """Give a user other roles, another scope or another person, effective from their next request.

        Raises:
            UsageError: no such user, a role is unknown, the scope is empty, or no admin would be left.
        """
        changes = {"roles": roles, "legal_entities": legal_entities, "person_id": person_id or None}
        with self.store.writing(at=at) as connection:
            return users.change(connection, login, changes, "user_changed", actor=actor, at=at)

    def disable(self, login: str, *, actor: str, at: datetime) -> User:
        """Disable a user: their sessions and codes are deleted and their tokens stop working.

        Raises:
            UsageError: no such user, or no admin would be left.
        """
        with self.store.writing(at=at) as connection:
            user = users.change(connection, login, {"disabled_at": at}, "user_disabled", actor=actor, at=at)
            sessions.end_all(connection, user.login)
            codes.drop(connection, user.login)
            return user

    def enable(self, login: str, *, actor: str, at: datetime) -> User:
        """Let a disabled user back in, with the password and tokens they had.

        Raises:
            UsageError: no such user.
        """
        with self.store.writing(at=at) as connection:
            return users.change(connection, login, {"disabled_at": None}, "user_enabled", actor=actor, at=at)

    def set_password(self, login: str, password: str, *, actor: str, at: datetime, keep: str | None = None) -> User:
        """Set a user's password; all their sessions end but the one whose token is ``keep``.

        Raises:
            UsageError: no such user, or the password is too weak.
        """
        kept = hashed(self._hasher, check_new(password, login=login))
        with self.store.writing(at=at) as connection:
            user = users.change(connection, login, {"password_hash": kept}, "password_set", actor=actor, at=at)
            sessions.end_all(connection, user.login, but=keep)
            codes.drop(connection, user.login)
            login_throttle.reset(connection, user.login)
            return user

    def change_password(self, login: str, old: str, new: str, *, at: datetime, keep: str) -> User:
        """Let a user change their own password, given the old one.

        Raises:
            WrongPasswordError: the old one is wrong.
            TooManyAttemptsError: it was wrong too often.
            UsageError: the new one is too weak.
        """
        check_new(new, login=login)
        self._prove(login, old, at=at)
        return self.set_password(login, new, actor=login, at=at, keep=keep)

    def log_in(self, login: str, password: str, *, at: datetime) -> str:
        """Start a session and return its token.

        Raises:
            WrongPasswordError: login or password is wrong, or the user is disabled.
            TooManyAttemptsError: too many failed attempts with this login; the password was not checked.
        """
        proven = self._prove(login, password, at=at)
        with self.store.writing(at=at) as connection:
            if users.row_of(connection, proven["login"]) != proven:  # changed or disabled while the hash was computed
                raise _wrong_password()
            name = proven["login"]
            audit.append(connection, [audit.Entry("logged_in", None, {"login": name})], actor=name, at=at)
            return sessions.start(connection, name, at=at)

    def enter(self, login: str, state: str, *, at: datetime) -> str:
        """Start a session for a user the provider has authenticated, and return its token; a ``state`` works once.

        Raises:
            LoginRefusedError: the state was used, or no active user has that login.
        """
        with self.store.writing(at=at) as connection:
            if not sessions.spend(connection, state, at=at):
                raise LoginRefusedError("This sign-in was already used. Sign in again.")
            is_login = (
                login.isascii() and login.isprintable()
            )  # other characters could become this login when lower-cased
            row = users.row_of(connection, login) if is_login else None
            if row is None or row["disabled_at"] is not None:
                raise LoginRefusedError("No active account for this login. Ask an admin to add or enable it.")
            name = row["login"]
            entry = audit.Entry("logged_in", None, {"login": name, "by": "provider"})
            audit.append(connection, [entry], actor=name, at=at)
            return sessions.start(connection, name, at=at)

    def log_out(self, token: str, *, at: datetime) -> None:
        """End the session of a token; an unknown token is no error."""
        with self.store.writing(at=at) as connection:
            login = sessions.end(connection, token)
            if login is not None:
                audit.append(connection, [audit.Entry("logged_out", None, {"login": login})], actor=login, at=at)

    def user_of_session(self, token: str, *, at: datetime) -> User | None:
        """Return the user of a session with their current roles, and record that it was used; None when it is
        unknown or over, or the user is disabled.
        """
        with self.store.reading() as connection:
            found = sessions.user_behind(connection, token, at=at)
        if found is None:
            return None
        user, seen_at = found
        if at - seen_at >= sessions.TOUCH_INTERVAL:
            with suppress(BusyError), self.store.writing(at=at) as connection:  # the page is shown anyway
                sessions.touch(connection, token, at=at)
        return user

    def make_token(
        self, login: str, *, scopes: Iterable[str], days: int, actor: str, at: datetime
    ) -> tuple[str, Token]:
        """Make an API token and return it, only this once, with its record.

        Raises:
            UsageError: no such user, a scope is unknown or not one of theirs, or too many days.
        """
        with self.store.writing(at=at) as connection:
            return tokens.make(connection, login, scopes=scopes, days=days, actor=actor, at=at)

    def revoke_token(self, token_id: str, *, actor: str, at: datetime) -> Token:
        """Revoke an API token by its id.

        Raises:
            UsageError: there is no such token.
        """
        with self.store.writing(at=at) as connection:
            return tokens.revoke(connection, token_id, actor=actor, at=at)

    def tokens(self) -> list[Token]:
        """Return the records of all tokens."""
        with self.store.reading() as connection:
            return tokens.all_tokens(connection)

    def user_of_token(self, token: str, *, at: datetime) -> User | None:
        """Return the user of an API token with no more than its scopes; None when it is not valid."""
        with self.store.reading() as connection:
            return tokens.user_behind(connection, token, at=at)

    def first_admin_code(self, *, actor: str, at: datetime) -> str:
        """Return a one-time code with which the first admin is made.

        Raises:
            UsageError: there is an admin.
        """
        with self.store.writing(at=at) as connection:
            code = codes.make(connection, None, at=at)
            audit.append(connection, [audit.Entry("code_made", None, {"for": "first admin"})], actor=actor, at=at)
            return code

    def make_first_admin(self, code: str, login: str, password: str, *, at: datetime) -> User:
        """Redeem the code and add an admin who sees all legal entities.

        Raises:
            UsageError: the code does not work, there is an admin, the login is invalid or taken, the password too weak.
        """
        with self.store.reading() as connection:
            codes.check(connection, code, first_admin=True, at=at)  # no hashing without a valid code
        kept = hashed(self._hasher, check_new(password, login=login))
        with self.store.writing(at=at) as connection:
            codes.redeem(connection, code, first_admin=True, at=at)
            return users.add(
                connection,
                login,
                roles=(ADMIN,),
                legal_entities=None,
                person_id=None,
                password_hash=kept,
                actor="first-admin code",
                at=at,
            )

    def password_code(self, login: str, *, actor: str, at: datetime) -> str:
        """Return a one-time code with which a user sets their password.

        Raises:
            UsageError: no such user, or they are disabled.
        """
        with self.store.writing(at=at) as connection:
            row = users.existing(connection, login)
            if row["disabled_at"] is not None:
                raise UsageError("The user is disabled.", where=row["login"], next_step="enable them first")
            entry = audit.Entry("code_made", None, {"for": "password", "login": row["login"]})
            audit.append(connection, [entry], actor=actor, at=at)
            return codes.make(connection, row["login"], at=at)

    def redeem_password_code(self, code: str, password: str, *, at: datetime) -> User:
        """Redeem a code and set its user's password; all their sessions end.

        Raises:
            UsageError: the code does not work, or the password is too weak; then the code still works.
        """
        with self.store.reading() as connection:
            login = codes.check(connection, code, first_admin=False, at=at) or ""
        kept = hashed(self._hasher, check_new(password, login=login))
        with self.store.writing(at=at) as connection:
            codes.redeem(connection, code, first_admin=False, at=at)
            change = {"password_hash": kept}
            user = users.change(connection, login, change, "password_set", actor=login, at=at)
            sessions.end_all(connection, login)
            login_throttle.reset(connection, login)
            return user

    def faults(self) -> list[Fault]:
        """Return which users and tokens disagree with the audit."""
        with self.store.reading() as connection:
            return list(audit_check.faults(connection))

    def _prove(self, login: str, password: str, *, at: datetime) -> dict[str, Any]:
        """Return the row of the user whose password this is, and reset the failed attempts."""
        with self.store.writing(at=at) as connection:
            count = login_throttle.register_attempt(connection, login, at=at)
            row = users.row_of(connection, login)
            if row is not None and count == login_throttle.MAX_ATTEMPTS:
                entry = audit.Entry("last_try", None, {"login": row["login"], "tries": count})
                audit.append(connection, [entry], actor="log-in page", at=at)
        can_enter = row is not None and row["disabled_at"] is None
        is_right = matches(self._hasher, row["password_hash"] if row and can_enter else None, password)
        if row is None or not is_right:
            raise _wrong_password()
        with self.store.writing(at=at) as connection:
            login_throttle.reset(connection, row["login"])
        return row


def _wrong_password() -> WrongPasswordError:
    return WrongPasswordError("Invalid login or password.")
