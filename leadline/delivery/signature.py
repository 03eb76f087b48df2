"""Signatures of webhooks as Standard Webhooks says: HMAC-SHA256 over ``id.timestamp.body``, version ``v1``."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64
FORM = f"{PREFIX} and {FEWEST_BYTES} to {MOST_BYTES} bytes in base64; while a secret is changed, both, a blank between"


def read_secrets(text: str) -> tuple[bytes, ...]:
    """Return the keys of one or several secrets in the form :data:`FORM`.

    Raises:
        ValueError: there is none, or one has another form; the text does not say which, since it would show it.
    """
    keys = tuple(_key(word) for word in text.split())
    if not keys:
        raise ValueError("no secret")
    return keys


def sign(keys: Sequence[bytes], *, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the header ``webhook-signature``: one signature per key, with blanks between.

    Args:
        keys: the secrets' bytes.
        webhook_id: header ``webhook-id``.
        timestamp: header ``webhook-timestamp``, seconds since 1970 (UTC).
        body: the bytes that are sent.
    """
    signed = b".".join([webhook_id.encode(), str(timestamp).encode(), body])
    digests = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return " ".join("v1," + base64.b64encode(digest).decode() for digest in digests)


def _key(word: str) -> bytes:
    if not word.startswith(PREFIX):
        raise ValueError("no prefix")
    try:
        key = base64.b64decode(word.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None
    if not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError("too short or too long")
    return key
