"""Findings drawn in one line, for whatever comes after a risk model."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from leadline.kernel.findings import Finding
from leadline.kernel.statements import plain

SAID = ("title", "action", "expected", "seen")
AS_OF = datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)


def finding(object_id: str = "P1", *, money: str = "1000.00", chance: float = 0.5, **given: Any) -> Finding:
    """Return a finding of ``margin_erosion`` unless ``given`` says otherwise; ``money`` is in USD.

    What it says may be given as plain text.
    """
    defaults: dict[str, Any] = {
        "score": "margin_erosion",
        "object_type": "project",
        "object_id": object_id,
        "as_of": AS_OF,
        "money_at_risk": Decimal(money),
        "currency": "USD",
        "title": f"Project {object_id} is at risk",
        "action": "Review the plan",
        "expected": "",
        "seen": "",
        "reasons": (),
        "probability": chance,
    }
    return Finding(**worded({**defaults, **given}))


def worded(given: dict[str, Any]) -> dict[str, Any]:
    """Return a finding's fields with plain texts as statements."""
    return {name: plain(value) if name in SAID and isinstance(value, str) else value for name, value in given.items()}
