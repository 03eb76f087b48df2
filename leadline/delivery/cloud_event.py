"""A message as a CloudEvent 1.0 in JSON (structured mode). The same message is the same bytes at every try."""

from __future__ import annotations

import json

from leadline.queue.deliveries import Message
from leadline.queue.records import moment_text

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
SOURCE = "urn:leadline:queue"
TYPE = "leadline.exception."


def as_event(message: Message) -> bytes:
    """Return the event: ``id`` is the idempotency key, ``subject`` the exception, ``data`` the record it is now."""
    data = json.loads(message.payload)
    event = {
        "specversion": "1.0",
        "id": message.key,
        "source": SOURCE,
        "type": TYPE + data["event"],
        "subject": message.external_id,
        "time": moment_text(message.created_at),
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
