"""Random secrets and their digests. They are random and long, so a plain sha256 keeps them safe."""

from __future__ import annotations

import hashlib
import secrets


def fresh() -> str:
    """Return a new secret of 256 random bits, as text for a cookie, a header or a link."""
    return secrets.token_urlsafe(32)


def fresh_id() -> str:
    """Return a new public name of 12 hex characters."""
    return secrets.token_hex(6)


def digest(secret: str) -> str:
    """Return the only form in which a secret is stored: its sha256."""
    return hashlib.sha256(secret.encode("utf-8", errors="replace")).hexdigest()
