"""Open a home for writing (locked, journalled) or for reading (neither)."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadline.app.boundary import Session
from leadline.app.progress import Steps
from leadline.app.wiring import Parts
from leadline.kernel.errors import BusyError, HomeError, LeadlineError
from leadline.kernel.home import LOCK, Home, open_home
from leadline.queue.states import FAILED, INTERRUPTED, OK

if TYPE_CHECKING:
    from leadline.queue.store import Store

HOLDER = "run.holder.json"
LOGS = "logs"


@dataclass
class Outcome:
    """What a run leaves in the journal."""

    as_of: datetime | None = None
    snapshot_id: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True)
class Job:
    """One command at work in one home: the parts it uses, the store, its progress, the moment it began."""

    parts: Parts
    home: Home
    store: Store
    steps: Steps
    run_id: int
    at: datetime
    outcome: Outcome


def look(session: Session, home: Path | None) -> Home:
    """Open a home that must exist, without locking it."""
    opened = open_home(home)
    session.log_folder = opened.path / LOGS
    return opened


@contextmanager
def looking_at_queue(session: Session, home: Path | None) -> Iterator[Store]:
    """Open the queue of a home that must exist.

    Raises:
        HomeError: there is no home, or its store cannot be reached.
    """
    with session.parts.open_store(look(session, home)) as store:
        yield store


@contextmanager
def working(
    session: Session, home: Path | None, command: str, *, as_of: datetime | None = None, create: bool = False
) -> Iterator[Job]:
    """Hold a home for one command and note in the journal how it ended.

    Raises:
        HomeError: there is no home and ``create`` is false.
        BusyError: another run holds it; it is named.
    """
    opened = open_home(home, create=create)
    session.log_folder = opened.path / LOGS
    at = session.parts.now()
    with holding(opened.path, command, at=at), session.parts.open_store(opened) as store:
        outcome = Outcome(as_of=as_of)
        run_id = store.journal.start(command, as_of=as_of, at=at)
        job = Job(session.parts, opened, store, Steps(), run_id, at, outcome)
        try:
            yield job
        except BaseException as exc:
            with suppress(LeadlineError):  # what stopped the run says more than a journal that cannot be written
                _close(job, FAILED if isinstance(exc, Exception) else INTERRUPTED, _words(exc))
            raise
        _close(job, OK, outcome.message)


@contextmanager
def holding(home: Path, command: str, *, at: datetime) -> Iterator[None]:
    """Hold a home's lock, with a note beside it of who holds it.

    Raises:
        BusyError: another process has it.
        HomeError: the lock file cannot be written.
    """
    from filelock import FileLock, Timeout

    holder = home / HOLDER
    lock = FileLock(home / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as exc:
        raise BusyError(
            "Another run holds this home.",
            where=str(home),
            found=_read_holder(holder),
            next_step="wait for it to end, or use another --home; a killed run lets go of it by itself",
        ) from exc
    except OSError as exc:
        raise HomeError(
            "The home cannot be written to.",
            where=str(home / LOCK),
            found=exc.strerror or str(exc),
            next_step="check who owns the folder and that its disk has room",
        ) from exc
    note = {
        "command": f"leadline {command}",
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": f"{at:%FT%TZ}",
    }
    try:
        holder.write_text(json.dumps(note), "utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _read_holder(holder: Path) -> str:
    try:
        note: Mapping[str, Any] = json.loads(holder.read_text("utf-8"))
        return f"{note['command']}, process {note['process']} on {note['host']}, since {note['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _close(job: Job, status: str, message: str) -> None:
    outcome = job.outcome
    job.store.journal.finish(
        job.run_id,
        status=status,
        at=job.parts.now(),
        as_of=outcome.as_of,
        snapshot_id=outcome.snapshot_id,
        counts=outcome.counts,
        details=outcome.details,
        message=message,
    )


def _words(exc: BaseException) -> str:
    if isinstance(exc, KeyboardInterrupt | SystemExit):
        return "stopped by hand" if isinstance(exc, KeyboardInterrupt) else "ended from outside"
    return exc.what if isinstance(exc, LeadlineError) else type(exc).__name__


def is_held(home: Home) -> bool:
    """Return whether a run holds the home right now."""
    from filelock import FileLock, Timeout

    if not home.lock.exists():
        return False
    try:
        with FileLock(home.lock).acquire(timeout=0):
            return False
    except Timeout:
        return True
