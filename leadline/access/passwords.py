"""Passwords: the rule for new ones, and argon2id. No other module sees one."""

from __future__ import annotations

import threading
import unicodedata
from typing import Protocol

from leadline.kernel.errors import ConfigurationError, UsageError

SHORTEST, LONGEST = 12, 200

# One argon2id takes 64 MB: log-ins at the same moment wait for one another instead of filling the memory.
_AT_ONCE = threading.BoundedSemaphore(2)


class Hasher(Protocol):
    """What hashes and verifies: argon2's PasswordHasher, or one of lesser cost in tests."""

    def hash(self, password: str) -> str:
        """Return a salted hash."""
        ...

    def verify(self, hash: str, password: str) -> bool:  # noqa: A002 (argon2's own signature)
        """Return True, or raise argon2's VerificationError."""
        ...


def argon2id() -> Hasher:
    """Return argon2id with the library's own, current cost.

    Raises:
        ConfigurationError: argon2-cffi is not installed.
    """
    try:
        from argon2 import PasswordHasher
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "The library that keeps passwords is not installed.",
            found="no argon2-cffi",
            next_step='pip install "leadline[console]"',
        ) from exc
    return PasswordHasher()


def check_new(password: str, *, login: str) -> str:
    """Return a new password in the one Unicode form that is hashed. Length is what counts (NIST SP 800-63B).

    Raises:
        UsageError: it is too short, too long, one character over and over, or holds the login.
    """
    settled = _settled(password)
    fault = ""
    if not SHORTEST <= len(settled) <= LONGEST:
        fault = f"{len(settled)} characters"
    elif len(set(settled)) < 5:
        fault = "only a few different characters"
    elif login.lower() in settled.lower() and len(login) > 2:
        fault = "the login in it"
    if fault:
        raise UsageError(
            "That password is too easy.",
            where="password",
            expected=f"{SHORTEST} to {LONGEST} characters, such as four words that do not belong together",
            found=fault,
        )
    return settled


def hashed(hasher: Hasher, password: str) -> str:
    """Return the salted hash of a password that :func:`check_new` let through."""
    with _AT_ONCE:
        return hasher.hash(password)


def matches(hasher: Hasher, stored: str | None, password: str) -> bool:
    """Return whether a password is the stored one. Without a stored one the work is done all the same, so that the
    time taken does not reveal which logins exist.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    settled = _settled(password[: LONGEST + 1])
    with _AT_ONCE:
        if stored is None:
            hasher.hash(settled)
            return False
        try:
            return hasher.verify(stored, settled)
        except (VerificationError, InvalidHashError):
            return False


def _settled(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
