"""The webhook: each message is one signed HTTP POST. Any answer of 2xx says that it was taken; its body is not read."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from leadline.delivery.cloud_event import CONTENT_TYPE, as_event
from leadline.delivery.signature import sign
from leadline.delivery.target import Send, Undelivered
from leadline.queue.deliveries import Intake, Message

TIMEOUT_SECONDS = 10.0

# The receiver understood and will not have this message; anything else that is no 2xx says the receiver is not well.
REFUSALS = (400, 409, 413, 415, 422)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follow no redirect: a POST would become a GET, and the record would go to an address that is not configured."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True)
class WebhookTarget:
    """Posts messages to an address. Neither it nor the keys are ever part of an error."""

    url: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS
    name: str = "webhook"
    intake: Intake = Intake.FROM_LATEST

    @contextmanager
    def batch(self) -> Iterator[Send]:
        """Every message has a connection of its own, so there is nothing to open or to close."""
        yield self._send

    def _send(self, message: Message, at: datetime) -> None:
        body = as_event(message)
        timestamp = int(at.timestamp())
        headers = {
            "content-type": CONTENT_TYPE,
            "user-agent": "leadline",
            "webhook-id": message.key,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self.keys, webhook_id=message.key, timestamp=timestamp, body=body),
        }
        request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310 (checked in choice)
        try:
            urllib.request.build_opener(_NoRedirects).open(request, timeout=self.timeout_seconds).close()
        except urllib.error.HTTPError as exc:
            with exc:
                raise _answered(exc.code, exc.headers.get("retry-after"), at) from exc
        except (OSError, http.client.HTTPException) as exc:
            raise Undelivered(_words(exc)) from exc


def _answered(status: int, retry_after: str | None, at: datetime) -> Undelivered:
    phrase = http.client.responses.get(status, "")
    reason = f"it answered {status} {phrase}".strip()
    return Undelivered(reason, is_refusal=status in REFUSALS, wait_seconds=wait_seconds(retry_after, at))


def wait_seconds(retry_after: str | None, at: datetime) -> float | None:
    """Return how many seconds after ``at`` a header ``Retry-After`` asks for: a number, or a date; None for neither."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return max((until - at).total_seconds(), 0.0)


def _words(exc: Exception) -> str:
    cause = exc.reason if isinstance(exc, urllib.error.URLError) else exc
    if isinstance(cause, TimeoutError):
        return "it did not answer in time"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return f"no HTTP answer ({type(cause).__name__})"
