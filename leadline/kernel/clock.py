"""The only place that reads the clock. Everything else is given the time."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time

from leadline.kernel.errors import UsageError


def now() -> datetime:
    """Return the current moment in UTC, whole seconds.

    ``LEADLINE_NOW`` (ISO 8601) pins it, so that a run can be repeated byte for byte.
    """
    pinned = os.environ.get("LEADLINE_NOW")
    return parse_as_of(pinned) if pinned else datetime.now(UTC).replace(microsecond=0)


def parse_as_of(text: str) -> datetime:
    """Read an as-of: ``2026-03-31`` means the end of that day, ``2026-03-31T06:00:00`` that moment, both UTC.

    Raises:
        UsageError: the text is neither.
    """
    try:
        if len(text) == len("2026-03-31"):
            return end_of_day(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise UsageError(
            "Invalid as-of.",
            expected="YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS (UTC)",
            found=text,
            next_step="for example --as-of 2026-03-31",
        ) from exc
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Return the last whole second of a day, UTC."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=UTC)
