"""How often one token may ask: so many times a minute, counted in this process; a restart forgets it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

MOST = 300
WINDOW = timedelta(minutes=1)


class Pace:
    """Requests of each token within its window, which begins with the first one after the last window's end."""

    def __init__(self, *, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[datetime, int]] = {}

    def wait(self, token_id: str, *, at: datetime) -> int:
        """Count a request and return 0, or the seconds to wait where there were too many; those do not count."""
        with self._lock:
            begun, count = self._windows.get(token_id, (at, 0))
            if not begun <= at < begun + WINDOW:
                begun, count = at, 0
            if count >= self._most:
                return -((at - begun - WINDOW) // timedelta(seconds=1))
            self._windows[token_id] = (begun, count + 1)
            return 0
