"""Which exceptions of little money are drawn to be held back, so that what acting is worth can be measured."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from leadline.kernel.findings import ScoredException
from leadline.queue.holdout import HoldoutDraw
from scoring.exchange import Convert
from scoring.governance import Control


def draw(
    exceptions: Sequence[ScoredException], control: Control | None, *, convert: Convert
) -> tuple[HoldoutDraw, ...]:
    """Return the exceptions of one score that the trial may hold back, each with how it was drawn.

    Those are the ones with a probability and with money at risk up to the firm's limit; never the random slice, whose
    purpose is to be looked at. The draw is by the exception's id alone, so an exception falls the same way night after
    night. Without a control share, or with a share of nothing, there are none.
    """
    if control is None or control.share == 0:
        return ()
    return tuple(
        HoldoutDraw(one, control.share, _lot(one.external_id) < control.share)
        for one in exceptions
        if _is_small(one, control, convert)
    )


def _is_small(exception: ScoredException, control: Control, convert: Convert) -> bool:
    finding = exception.finding
    if finding.is_random_slice:
        return False
    return 0 < convert(finding.money_at_risk, finding.currency, control.currency) <= control.max_money


def _lot(external_id: str) -> float:
    """Return a number from 0 to under 1 that an id always gets, and that says nothing of what it names."""
    digest = hashlib.sha256(f"control|{external_id}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / (1 << 48)
