"""A fair lock for writers of one SQLite file: first come, first served.

SQLite makes a writer that finds the file locked sleep longer the longer it has waited, so the latest writer tends to
get in first. Here writers queue instead: among the threads of one process, and then among processes on a lock file
beside the database, which the operating system releases when its holder ends for any reason. SQLite's own lock still
decides; programs that do not use this lock are waited for as before.
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
except ImportError:  # no file locks on this system: only the threads of one process queue
    HAS_FILE_LOCKS = False
else:
    HAS_FILE_LOCKS = True

SUFFIX = "-turn"


class FairWriteLock:
    """The fair lock of one file, shared by the threads of this process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._is_held = False
        self._waiters: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many threads wait for the lock."""
        with self._guard:
            return len(self._waiters)

    @contextmanager
    def held(self, seconds: float) -> Iterator[None]:
        """Acquire the lock, hold it within the block, and release it.

        Raises:
            BusyError: not acquired within so many seconds (among threads, and again among processes).
        """
        self._acquire(seconds)
        try:
            with _file_locked(self._path, seconds):
                yield
        finally:
            self._release()

    def _acquire(self, seconds: float) -> None:
        with self._guard:
            if not self._is_held:
                self._is_held = True
                return
            mine = threading.Event()
            self._waiters.append(mine)
        if mine.wait(seconds):
            return
        with self._guard:
            if not mine.is_set():
                self._waiters.remove(mine)
                raise lock_timeout(self._path, seconds)

    def _release(self) -> None:
        with self._guard:
            if self._waiters:
                self._waiters.popleft().set()
            else:
                self._is_held = False


_LOCKS: dict[Path, FairWriteLock] = {}
_LOCKS_GUARD = threading.Lock()


def write_lock_of(database: Path) -> FairWriteLock:
    """Return the lock of a database's file: the same for every engine of this process that opens it."""
    path = database.resolve()
    with _LOCKS_GUARD:
        return _LOCKS.setdefault(path, FairWriteLock(path.with_name(path.name + SUFFIX)))


def lock_timeout(path: Path, seconds: float) -> BusyError:
    """Return the error of a writer that could not acquire the lock in time."""
    return BusyError(
        "The ops store is locked by other writers.",
        where=str(path),
        found=f"no lock within {seconds:g} seconds",
        next_step="let them finish, then try again",
    )


@contextmanager
def _file_locked(path: Path, seconds: float) -> Iterator[None]:
    """Hold the file lock among processes; the system grants it in the order of the requests."""
    if not HAS_FILE_LOCKS:
        yield
        return
    file: IO[bytes] = path.open("ab")
    try:
        flock(file, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        file.close()
        file = _FileLockRequest(path).wait(seconds)
    with file:
        yield


class _FileLockRequest:
    """Waits for a file lock in its own thread: the system's wait has no timeout, ours has."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._granted = threading.Event()
        self._file: IO[bytes] | None = None
        self._is_given_up = False

    def wait(self, seconds: float) -> IO[bytes]:
        """Return the locked file.

        Raises:
            BusyError: not granted in time; a lock granted later is released at once.
        """
        threading.Thread(target=self._request, daemon=True).start()
        self._granted.wait(seconds)
        with self._guard:
            if self._file is not None:
                return self._file
            self._is_given_up = True
        raise lock_timeout(self._path, seconds)

    def _request(self) -> None:
        file = self._path.open("ab")
        flock(file, LOCK_EX)
        with self._guard:
            if self._is_given_up:
                file.close()
            else:
                self._file = file
        self._granted.set()
