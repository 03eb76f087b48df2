"""The run journal: command, as-of, snapshot, status and counts of each run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Engine, func, insert, select, update

from leadline.queue.engine import reading, rows, writing
from leadline.queue.states import INTERRUPTED, OK, RUNNING
from leadline.queue.tables import RUN


@dataclass(frozen=True)
class Run:
    """One run of one command. Moments are UTC. ``status``: running, ok, failed or interrupted.

    ``details`` is kept for comparison by later runs, such as the spread of the scores.
    """

    run_id: int
    command: str
    started_at: datetime
    finished_at: datetime | None
    as_of: datetime | None
    snapshot_id: str | None
    status: str
    counts: Mapping[str, int]
    details: Mapping[str, Any]
    message: str


@dataclass(frozen=True)
class Detail:
    """A named detail that a run left, and the as-of of that run."""

    as_of: datetime | None
    value: Any


class Journal:
    """The run journal of one ops store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, command: str, *, as_of: datetime | None, at: datetime) -> int:
        """Record the start of a command and return the run's number.

        The caller holds the home's lock, so any other run still marked running was killed; it is marked interrupted.
        """
        stale = update(RUN).where(RUN.c.status == RUNNING)
        row = {
            "command": command,
            "started_at": at,
            "as_of": as_of,
            "status": RUNNING,
            "counts": {},
            "details": {},
            "message": "",
        }
        with writing(self._engine) as connection:
            connection.execute(stale.values(status=INTERRUPTED, message="it ended without saying how"))
            return int(connection.execute(insert(RUN).values(row)).inserted_primary_key[0])  # type: ignore[index]

    def finish(
        self,
        run_id: int,
        *,
        status: str,
        at: datetime,
        as_of: datetime | None = None,
        snapshot_id: str | None = None,
        counts: Mapping[str, int] | None = None,
        details: Mapping[str, Any] | None = None,
        message: str = "",
    ) -> None:
        """Record how a run ended: ok, failed or interrupted."""
        values = {"status": status, "finished_at": at, "as_of": as_of, "snapshot_id": snapshot_id, "message": message}
        values |= {"counts": dict(counts or {}), "details": dict(details or {})}
        with writing(self._engine) as connection:
            connection.execute(update(RUN).where(RUN.c.run_id == run_id).values(values))

    def last_of_each(self) -> list[Run]:
        """Return the latest run of each command, newest first."""
        latest = select(func.max(RUN.c.run_id)).group_by(RUN.c.command)
        query = select(RUN).where(RUN.c.run_id.in_(latest)).order_by(RUN.c.run_id.desc())
        with reading(self._engine) as connection:
            return [_run(row) for row in rows(connection, query)]

    def latest_detail(self, name: str) -> Any:
        """Return a named detail of the latest run that left it and ended well; None without one."""
        query = select(RUN.c.details).where(RUN.c.status == OK).order_by(RUN.c.run_id.desc())
        with reading(self._engine) as connection:
            return next((details[name] for details in connection.execute(query).scalars() if name in details), None)

    def details_of(self, name: str, *, limit: int) -> list[Detail]:
        """Return a named detail of the latest runs that left it and ended well, newest first."""
        query = select(RUN.c.as_of, RUN.c.details).where(RUN.c.status == OK).order_by(RUN.c.run_id.desc())
        with reading(self._engine) as connection:
            runs = ((at, details) for at, details in connection.execute(query).tuples() if name in details)
            return [Detail(at, details[name]) for at, details in islice(runs, limit)]


def _run(row: Mapping[str, object]) -> Run:
    return Run(**{field.name: row[field.name] for field in fields(Run)})  # type: ignore[arg-type]
