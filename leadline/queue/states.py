"""The lifecycle of an exception: states, verdicts and their reason codes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leadline.kernel.errors import Fault, UsageError

OPEN = "open"
IN_REVIEW = "in_review"
CONFIRMED = "confirmed"
DISMISSED = "dismissed"
SNOOZED = "snoozed"
EXPIRED = "expired"
RE_OPENED = "re_opened"

STATES = (OPEN, IN_REVIEW, CONFIRMED, DISMISSED, SNOOZED, EXPIRED, RE_OPENED)

# Waiting for a person; what `queue list` shows by default.
WAITING = (OPEN, RE_OPENED, IN_REVIEW)
# Decided by a person; only a material change re-opens them.
DECIDED = (CONFIRMED, DISMISSED)
# These expire when their cause is gone.
LIVE = (*WAITING, SNOOZED)

# The status of a run.
RUNNING, OK, FAILED, INTERRUPTED = "running", "ok", "failed", "interrupted"

# Verdict -> reason codes. Labels are learned from both, so the words are fixed.
REASON_CODES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        CONFIRMED: (
            "corrected",
            "billed",
            "renegotiated",
            "prevented",
            "escalated",
            "accepted_loss",
            "filled",
            "other",
        ),
        DISMISSED: ("not_true", "already_known", "agreed_exception", "immaterial", "data_error", "other"),
        SNOOZED: ("waiting_for_client", "waiting_for_information", "not_now"),
        RE_OPENED: ("new_information", "mistake"),
    }
)
VERDICTS = tuple(REASON_CODES)

# What is offered for an open role, the likeliest first; its money did not go wrong yet.
_OF_ROLES = ("filled", "prevented", "escalated", "accepted_loss", "other")


def fitting_reasons(score: str) -> dict[str, tuple[str, ...]]:
    """Return by verdict the reason codes that fit what a score finds, the likeliest first."""
    of_roles = score == "staffing_match"
    confirmed = _OF_ROLES if of_roles else tuple(code for code in REASON_CODES[CONFIRMED] if code != "filled")
    return {**REASON_CODES, CONFIRMED: confirmed}


def check_states(states: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Return the states asked for.

    Raises:
        UsageError: some are unknown; all are listed.
    """
    return _check("state", states, STATES)


def check_verdict(verdict: str, reason_code: str) -> None:
    """Check that a verdict is known and its reason code belongs to it.

    Raises:
        UsageError: it is not.
    """
    _check("verdict", [verdict], VERDICTS)
    _check("reason", [reason_code], REASON_CODES[verdict])


def _check(what: str, found: tuple[str, ...] | list[str], known: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [name for name in found if name not in known]
    if wrong:
        raise UsageError(
            f"Unknown {what}.",
            faults=[Fault(where=f"--{what}", expected="one of " + ", ".join(known), found=name) for name in wrong],
        )
    return tuple(found)
