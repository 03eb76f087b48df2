"""Turns at writing to one SQLite file, first come, first served.

SQLite lets a writer that finds the file locked sleep the longer the longer it has waited, so whoever comes last gets in
first. Here a writer stands in line instead: behind the other threads of its process, and then behind the other
processes on a file beside the database, which the system unlocks when its holder ends, however it ends. SQLite's own
lock still decides; a program that takes no turn is waited for as before.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from leadline.kernel.errors import BusyError

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # a system without it: only the threads of one process stand in line
    HAS_FILE_LOCKS = False
else:
    HAS_FILE_LOCKS = True

SUFFIX = "-turn"


class Line:
    """The line of one process before one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._taken = False
        self._behind: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many threads stand behind the one whose turn it is."""
        with self._guard:
            return len(self._behind)

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Wait for one's turn and hold it.

        Raises:
            BusyError: it did not come within so many seconds (in the process, and again among processes).
        """
        self._stand(seconds)
        try:
            with _locked(self._path, seconds):
                yield
        finally:
            self._leave()

    def _stand(self, seconds: float) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Event()
            self._behind.append(mine)
        if mine.wait(seconds):
            return
        with self._guard:
            if not mine.is_set():
                self._behind.remove(mine)
                raise too_late(self._path, seconds)

    def _leave(self) -> None:
        with self._guard:
            if self._behind:
                self._behind.popleft().set()
            else:
                self._taken = False


_LINES: dict[Path, Line] = {}
_LINES_GUARD = threading.Lock()


def line_before(database: Path) -> Line:
    """Return the line before a database's file: the same for every engine of this process that opens it."""
    path = database.resolve()
    with _LINES_GUARD:
        return _LINES.setdefault(path, Line(path.with_name(path.name + SUFFIX)))


def too_late(path: Path, seconds: float) -> BusyError:
    """Return what to tell whose turn did not come in time."""
    return BusyError(
        "The ops store is locked by others who write.",
        where=str(path),
        found=f"no turn within {seconds:g} seconds",
        next_step="let them finish, then try again",
    )


@contextmanager
def _locked(path: Path, seconds: float) -> Iterator[None]:
    """Hold a file among processes; the system hands it on in the order of asking."""
    if not HAS_FILE_LOCKS:
        yield
        return
    file: IO[bytes] = path.open("ab")
    try:
        flock(file, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        file.close()
        file = _Asker(path).answer(seconds)
    with file:
        yield


class _Asker:
    """Waits for a file's lock in a thread of its own: the system's wait has no end, ours has."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._answered = threading.Event()
        self._file: IO[bytes] | None = None
        self._is_given_up = False

    def answer(self, seconds: float) -> IO[bytes]:
        """Return the locked file.

        Raises:
            BusyError: it is not ours yet; should it become so later, it is let go at once.
        """
        threading.Thread(target=self._ask, daemon=True).start()
        self._answered.wait(seconds)
        with self._guard:
            if self._file is not None:
                return self._file
            self._is_given_up = True
        raise too_late(self._path, seconds)

    def _ask(self) -> None:
        file = self._path.open("ab")
        flock(file, LOCK_EX)
        with self._guard:
            if self._is_given_up:
                file.close()
            else:
                self._file = file
        self._answered.set()
