"""Retry backoff of a message, and the time one run may spend waiting."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

MAX_TRIES = 8
FIRST_WAIT = timedelta(seconds=5)
FACTOR = 4
MAX_WAIT = timedelta(hours=6)
# The cap on a receiver's Retry-After.
MAX_RETRY_AFTER = timedelta(days=1)
# How long a run waits for a target that takes nothing, and in all for one that takes a little at a time.
PATIENCE = timedelta(seconds=60)
MAX_PATIENCE = timedelta(minutes=15)


def back_off(tries: int) -> timedelta:
    """Return the longest wait after so many failed tries (1 or more): it grows fourfold, up to six hours."""
    wait = FIRST_WAIT
    for _ in range(1, tries):
        wait = min(wait * FACTOR, MAX_WAIT)
    return wait


def next_try(key: str, tries: int, *, at: datetime, asked: float | None = None) -> datetime | None:
    """Return when to try a message again after its ``tries``-th failure; None once it is to be given up on.

    The wait is between half and all of :func:`back_off`, by a draw that the key and the number of tries seed: messages
    that failed together come back apart, and the same run waits the same. A wait that was asked for (seconds) is kept.
    """
    if tries >= MAX_TRIES:
        return None
    share = random.Random(f"{key}:{tries}").uniform(0.5, 1.0)  # noqa: S311 (jitter is no secret)
    wait = back_off(tries) * share
    if asked is not None:
        wait = max(wait, capped_retry_after(asked))
    return at + wait


def capped_retry_after(seconds: float) -> timedelta:
    """Return a receiver's Retry-After, capped."""
    return timedelta(seconds=min(seconds, MAX_RETRY_AFTER.total_seconds()))


class RetryBudget:
    """The time budget of one run: the current time, and how much waiting is left.

    Args:
        now: the clock. A pinned clock is advanced by the time waited.
        pause: waits so many seconds.
        patience: how long the run may wait without anything delivered; in all never more than :data:`MAX_PATIENCE`.
    """

    def __init__(
        self, now: Callable[[], datetime], pause: Callable[[float], None], *, patience: timedelta = PATIENCE
    ) -> None:
        self._now = now
        self._pause = pause
        self._start = now()
        self._waited = timedelta()
        self._idle = timedelta()
        self._patience = patience

    def moment(self) -> datetime:
        """Return what time it is (UTC)."""
        return max(self._now(), self._start + self._waited)

    def wait_until(self, moment: datetime) -> bool:
        """Wait for a moment if the budget allows; return whether it has come."""
        wait = max(moment - self.moment(), timedelta())
        if self._idle + wait > self._patience or self._waited + wait > MAX_PATIENCE:
            return False
        if wait:
            self._pause(wait.total_seconds())
            self._waited += wait
            self._idle += wait
        return True

    def progress(self) -> None:
        """Record progress: the idle time starts over."""
        self._idle = timedelta()
