"""Passwords: the rule for new ones, and argon2id hashing. No other module handles them."""

from __future__ import annotations

import threading
import unicodedata
from typing import Protocol

from leadline.kernel.errors import ConfigurationError, UsageError

MIN_LENGTH, MAX_LENGTH = 12, 200

# One argon2id hash takes 64 MB: concurrent logins wait for one another instead of exhausting memory.
_CONCURRENT = threading.BoundedSemaphore(2)


class Hasher(Protocol):
    """Hashes and verifies: argon2's PasswordHasher, or a cheaper one in tests."""

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
            "The password-hashing library is not installed.",
            found="no argon2-cffi",
            next_step='pip install "leadline[console]"',
        ) from exc
    return PasswordHasher()


def check_new(password: str, *, login: str) -> str:
    """Return a new password in the one Unicode form that is hashed. Length is what counts (NIST SP 800-63B).

    Raises:
        UsageError: it is too short, too long, one character over and over, or holds the login.
    """
    normalized = _normalized(password)
    fault = ""
    if not MIN_LENGTH <= len(normalized) <= MAX_LENGTH:
        fault = f"{len(normalized)} characters"
    elif len(set(normalized)) < 5:
        fault = "only a few different characters"
    elif login.lower() in normalized.lower() and len(login) > 2:
        fault = "the login in it"
    if fault:
        raise UsageError(
            "The password is too weak.",
            where="password",
            expected=f"{MIN_LENGTH} to {MAX_LENGTH} characters, such as four unrelated words",
            found=fault,
        )
    return normalized


def hashed(hasher: Hasher, password: str) -> str:
    """Return the salted hash of a password that :func:`check_new` let through."""
    with _CONCURRENT:
        return hasher.hash(password)


def matches(hasher: Hasher, stored: str | None, password: str) -> bool:
    """Return whether a password is the stored one. Without a stored one the work is done anyway, so that the
    time taken does not reveal which logins exist.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    normalized = _normalized(password[: MAX_LENGTH + 1])
    with _CONCURRENT:
        if stored is None:
            hasher.hash(normalized)
            return False
        try:
            return hasher.verify(stored, normalized)
        except (VerificationError, InvalidHashError):
            return False


def _normalized(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
