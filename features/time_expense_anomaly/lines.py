"""The lines a reviewer can still act on, and the lines they are compared with."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from leadline.warehouse.point_in_time import PointInTimeReader, naive

# Submitted lines: drafts are not claimed yet, and rejected lines are already caught.
CLAIMED = ("submitted", "approved", "billed")
# Context is what was normal over half a year; older habits mislead more than they help.
CONTEXT_DAYS = 182
# Decided lines stay reviewable this long after we first saw them.
LOOK_BACK_DAYS = 35

KEYS = {"time_entry": "time_entry_id", "expense": "expense_id"}
EVENT_DAYS = {"time_entry": "work_date", "expense": "expense_date"}


def claimed_lines(
    reader: PointInTimeReader, entity: str, *, as_of: datetime, window_days: int = LOOK_BACK_DAYS
) -> pl.DataFrame:
    """Return the claimed lines of ``time_entry`` or ``expense`` that matter at ``as_of``.

    Grain: one row per line, sorted by id, with ``object_id``, ``event_day`` and ``is_candidate``. A candidate is
    submitted and undecided, or was first seen in the last ``window_days``. The other rows were first seen within 26
    weeks and are context only. As of: versions known at ``as_of``; ``known_on`` is when the line was first seen.
    """
    at = naive(as_of)
    first_seen = pl.coalesce("first_known_at", "known_at")
    candidate = (pl.col("status") == "submitted") | (first_seen > at - timedelta(days=window_days))
    context = first_seen > at - timedelta(days=CONTEXT_DAYS)
    return (
        reader.core(entity, as_of=as_of)
        .filter(pl.col("status").is_in(CLAIMED) & (candidate | context))
        .with_columns(
            object_id=pl.col(KEYS[entity]),
            event_day=pl.col(EVENT_DAYS[entity]),
            known_on=first_seen,
            is_candidate=candidate,
        )
        .sort("object_id", "source_system")
        .unique("object_id", keep="first", maintain_order=True)
        .collect()
    )
