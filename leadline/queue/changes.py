"""How tonight's score changes an exception that the queue may already hold. Pure rules, no database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from leadline.kernel.findings import Finding
from leadline.queue.records import UNHANDLED, digest_of
from leadline.queue.states import DECIDED, EXPIRED, OPEN, RE_OPENED, SNOOZED

# A decided exception re-opens when its money or its probability moved by more than this share of what was decided on.
MATERIAL = 0.25


class Change(Enum):
    """How a score changes an exception: the counts of an upsert report."""

    ADDED = "added"
    UPDATED = "updated"
    RE_OPENED = "re_opened"
    UNCHANGED = "unchanged"


def change_of(stored: Mapping[str, Any] | None, found: Mapping[str, Any], *, at: datetime) -> Change:
    """Return what finding an exception (again) means.

    A decided exception stays as it was decided on unless its facts moved materially; a snoozed one waits until its
    time or a material move; an expired one whose cause returns re-opens.
    """
    if stored is None:
        return Change.ADDED
    state = stored["state"]
    if state == EXPIRED or (state in DECIDED and is_material(stored, found)):
        return Change.RE_OPENED
    if state in DECIDED:
        return Change.UNCHANGED
    if state == SNOOZED and (at >= stored["snoozed_until"] or is_material(stored, found)):
        return Change.RE_OPENED
    return Change.UNCHANGED if stored["digest"] == digest_of(found) else Change.UPDATED


def is_material(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Return whether money at risk or the probability (the band's middle, where there is a band) moved by > 25%."""
    return (
        any(_moved(before[name], after[name]) for name in ("money_at_risk", "probability", "band_middle"))
        or before["currency"] != after["currency"]
    )


def has_faded(stored: Mapping[str, Any], found: Finding) -> bool:
    """Return whether what was found again but not chosen is worth less than it was by more than a quarter.

    Worth is the expected loss, probability times money at risk. What merely gave way to larger ones has not faded.
    """
    before = (1.0 if stored["probability"] is None else stored["probability"]) * float(stored["money_at_risk"])
    after = float(found.expected_loss)
    return after < (1 - MATERIAL) * before


def next_values(
    stored: Mapping[str, Any] | None, found: Mapping[str, Any], change: Change, *, at: datetime
) -> dict[str, Any]:
    """Return the row that follows: the found content, with state, version, first as-of and due time carried on.

    While an exception waits its due time can only come nearer: finding it again does not extend it.
    """
    values = dict(found) | {"digest": digest_of(found), "updated_at": at}
    values |= {"replaced": None}
    if stored is None:
        return values | UNHANDLED | {"state": OPEN, "version": 1, "first_as_of": found["as_of"], "claimed_by": None}
    carried = {name: stored[name] for name in ("state", "first_as_of", "claimed_by", *UNHANDLED)}
    values |= carried | {"version": stored["version"] + 1}
    if change is Change.RE_OPENED:
        return values | UNHANDLED | {"state": RE_OPENED}
    return values | {"due_at": min(stored["due_at"], found["due_at"])}


def _moved(before: Any, after: Any) -> bool:
    if before is None or after is None:
        return (before is None) != (after is None)
    return abs(float(after) - float(before)) > MATERIAL * abs(float(before))
