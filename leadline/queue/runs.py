"""The journal of what ran: command, as-of, snapshot, how it ended, and the counts it left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from leadline.queue.engine import rows
from leadline.queue.states import INTERRUPTED, OK, RUNNING
from leadline.queue.tables import RUN


@dataclass(frozen=True)
class Run:
    """One run of one command. Moments are UTC. ``status``: running, ok, failed or interrupted.

    ``details`` is what a later run wants to compare with, such as the spread of the scores.
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


def start(connection: Connection, command: str, *, as_of: datetime | None, at: datetime) -> int:
    """Note that a command began and return the run's number.

    The caller holds the home's lock, so whatever still claims to run was killed, and is noted as interrupted.
    """
    stale = update(RUN).where(RUN.c.status == RUNNING)
    connection.execute(stale.values(status=INTERRUPTED, message="it ended without saying how"))
    row = {
        "command": command,
        "started_at": at,
        "as_of": as_of,
        "status": RUNNING,
        "counts": {},
        "details": {},
        "message": "",
    }
    return int(connection.execute(insert(RUN).values(row)).inserted_primary_key[0])  # type: ignore[index]


def finish(
    connection: Connection,
    run_id: int,
    *,
    status: str,
    at: datetime,
    as_of: datetime | None,
    snapshot_id: str | None,
    counts: Mapping[str, int],
    details: Mapping[str, Any],
    message: str,
) -> None:
    """Note how a run ended."""
    values = {"status": status, "finished_at": at, "as_of": as_of, "snapshot_id": snapshot_id, "counts": dict(counts)}
    connection.execute(
        update(RUN).where(RUN.c.run_id == run_id).values(**values, details=dict(details), message=message)
    )


def last_of_each(connection: Connection) -> list[Run]:
    """Return the latest run of each command, newest first."""
    latest = select(func.max(RUN.c.run_id)).group_by(RUN.c.command)
    query = select(RUN).where(RUN.c.run_id.in_(latest)).order_by(RUN.c.run_id.desc())
    return [_run(row) for row in rows(connection, query)]


def latest_detail(connection: Connection, name: str) -> Any:
    """Return a named detail of the latest run that left it and ended well; None without one."""
    query = select(RUN.c.details).where(RUN.c.status == OK).order_by(RUN.c.run_id.desc())
    return next((details[name] for details in connection.execute(query).scalars() if name in details), None)


def _run(row: Mapping[str, object]) -> Run:
    return Run(**{field.name: row[field.name] for field in fields(Run)})  # type: ignore[arg-type]
