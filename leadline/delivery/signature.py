"""Signatures of webhooks by the package of Standard Webhooks: HMAC-SHA256 over ``id.timestamp.body``, version ``v1``.

Reading a secret stays ours: the package takes any text for a key of any length, and signs with one key at a time.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"
MIN_BYTES, MAX_BYTES = 24, 64
FORM = f"{PREFIX} and {MIN_BYTES} to {MAX_BYTES} bytes in base64; while a secret is changed, both, a blank between"


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
        body: the bytes that are sent, UTF-8.
    """
    moment = datetime.fromtimestamp(timestamp, UTC)  # the package reads any other zone's clock as if it were UTC
    return " ".join(Webhook(key).sign(webhook_id, moment, body.decode()) for key in keys)


def _key(word: str) -> bytes:
    if not word.startswith(PREFIX):
        raise ValueError("no prefix")
    try:
        key = base64.b64decode(word.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None
    if not MIN_BYTES <= len(key) <= MAX_BYTES:
        raise ValueError("too short or too long")
    return key
