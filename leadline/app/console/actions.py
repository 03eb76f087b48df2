"""Actions on an exception, shared by pages and API: within the user's row scope, on the version they saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import HTTPException
from sqlalchemy import Connection

from leadline.app.console.guard import RequestContext
from leadline.kernel.errors import BusyError
from leadline.queue import decisions, ownership
from leadline.queue.decisions import Verdict
from leadline.queue.records import QueuedException, Values, queued
from leadline.queue.trail import Difference, Trail, differences, trail
from leadline.queue.worklist import one

SNOOZE_DAYS = 7
LONGEST_SNOOZE_DAYS = 365


@dataclass(frozen=True)
class Action:
    """Something done to one exception: which, at which version it was seen, and the change itself."""

    external_id: str
    version: int | None
    change: Callable[[Connection], Values]


class StaleVersionError(Exception):
    """The exception changed since it was seen, or someone else has taken it; nothing was changed.

    Attributes:
        now: the exception as it is now.
        trail: all that happened to it.
        version: the version that was seen.
        differences: which values differ from that version.
    """

    def __init__(self, now: QueuedException, happened: Trail, version: int, changed: list[Difference]) -> None:
        super().__init__(now.external_id)
        self.now, self.trail, self.version, self.differences = now, happened, version, changed


def take(context: RequestContext, external_id: str, *, version: int) -> Action:
    """Take an exception into review."""

    def change(connection: Connection) -> Values:
        return decisions.take(connection, external_id, by=context.user.login, at=context.at, expected_version=version)

    return Action(external_id, version, change)


def decide(context: RequestContext, external_id: str, verdict: Verdict) -> Action:
    """Decide on an exception; the verdict carries the version that was seen."""

    def change(connection: Connection) -> Values:
        return decisions.decide(connection, external_id, verdict, at=context.at)

    return Action(external_id, verdict.expected_version, change)


def assign(context: RequestContext, external_id: str, *, to: str | None, version: int) -> Action:
    """Assign an exception to someone, or with None back to the owner it was routed to."""

    def change(connection: Connection) -> Values:
        by, at = context.user.login, context.at
        return ownership.assign(connection, external_id, to=to, by=by, at=at, expected_version=version)

    return Action(external_id, version, change)


def undo(context: RequestContext, external_id: str, *, version: int | None = None) -> Action:
    """Undo one's own last decision; without a version, whatever the last one is."""

    def change(connection: Connection) -> Values:
        return decisions.undo(connection, external_id, by=context.user.login, at=context.at, expected_version=version)

    return Action(external_id, version, change)


def do(context: RequestContext, action: Action) -> QueuedException:
    """Do it in a transaction of its own and return the exception as it is now.

    Raises:
        HTTPException: 404, there is no such exception within this user's row scope.
        StaleVersionError: it changed since it was seen, or someone else has taken it.
        UsageError: its state does not allow it, or a value is not valid.
    """
    with context.store.writing(at=context.at) as connection:
        return do_within(connection, context, action)


def do_within(connection: Connection, context: RequestContext, action: Action) -> QueuedException:
    """Do it as :func:`do`, in a transaction that somebody else opened."""
    if one(connection, context.scope, action.external_id) is None:
        raise HTTPException(404)
    try:
        return queued(action.change(connection))
    except BusyError as exc:
        raise _stale(connection, context, action) from exc


def _stale(connection: Connection, context: RequestContext, action: Action) -> StaleVersionError:
    now = one(connection, context.scope, action.external_id)
    if now is None:  # it was there a line above, in the same transaction
        raise HTTPException(404)
    version = action.version or now.version
    changed = differences(connection, now, version=version)
    return StaleVersionError(now, trail(connection, now.external_id), version, changed)
