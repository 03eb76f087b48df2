"""The audit: who changed, decided, logged in or exported what, and whether its chain still holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from leadline.access import audit_check
from leadline.access.row_scope import readership_of
from leadline.app.console import files, guard
from leadline.app.console.files import Listed
from leadline.app.console.form import clean
from leadline.app.console.guard import RequestContext
from leadline.app.console.translation import N_
from leadline.app.console.view import render
from leadline.kernel.errors import BusyError, Fault, IntegrityError, UsageError
from leadline.queue import entries
from leadline.queue.audit import AuditReport
from leadline.queue.records import canonical, moment_text

router = APIRouter(prefix="/audit")

PAGE = 100
# A longer chain is checked when somebody asks: it takes a second per some eight thousand entries.
CHECKED_UNASKED = 5_000
MOST_FAULTS = 100
SHORT = 12
COLUMNS = ("number", "at", "actor", "event", "external_id", "detail", "previous_hash", "hash")
_OF_ONE = re.compile(r"exception (\w+)")
# Faults of the chain itself tell of nothing but entries; those of users and tokens begin otherwise.
_OF_CHAIN, _OF_ACCESS = "audit", "access,"
OUT_OF_SCOPE = N_("something that you may not see")

Auditor = Annotated[RequestContext, Depends(guard.requires("see_audit"))]


@dataclass(frozen=True)
class Filters:
    """The filters as they are in the URL; ``since`` and ``until`` are days, both included."""

    actor: str = ""
    event: str = ""
    exception: str = ""
    since: str = ""
    until: str = ""

    def address(self, path: str = "/audit", **changes: str) -> str:
        """Return the address of this list, of one with more in it, or of another page with these filters."""
        chosen = {name: value for name, value in (self.__dict__ | changes).items() if value}
        return f"{path}?{urlencode(chosen)}" if chosen else path


@dataclass(frozen=True)
class Check:
    """What a check of the chain came to: a report, or what is wrong and what to do."""

    report: AuditReport | None
    what: str = ""
    faults: tuple[Fault, ...] = ()
    more: int = 0
    next_step: str = ""


def asked(
    actor: Annotated[str, Query(max_length=200)] = "",
    event: Annotated[str, Query(max_length=40)] = "",
    exception: Annotated[str, Query(max_length=16)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
) -> Filters:
    """Read the filters from the address.

    Raises:
        UsageError: a day is none.
    """
    for day in (since, until):
        _day(day)
    return Filters(clean(actor), clean(event), clean(exception), since, until)


@router.get("")
def show(
    request: Request,
    context: Auditor,
    filters: Annotated[Filters, Depends(asked)],
    before: Annotated[int | None, Query(ge=1)] = None,
    check: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    """Show a page of entries, and on the first whether the chain holds."""
    with context.store.reading() as connection:
        found = entries.page(connection, readership_of(context.user), _sought(filters), limit=PAGE + 1, before=before)
        newest = entries.last_number(connection)
    is_first = before is None and filters == Filters()
    is_checked = check == "now" or (is_first and newest <= CHECKED_UNASKED)
    shown = found[:PAGE]
    return render(
        request,
        "audit.html",
        filters=filters,
        entries=[replace(one, detail=_as_shown(one.detail)) for one in shown],
        events=sorted({one.event for one in shown}),
        newest=newest,
        check=_checked(context) if is_checked else None,
        can_see=context.user.may("see_queue"),
        before=before,
        more=filters.address(before=str(shown[-1].number)) if len(found) > PAGE else "",
    )


@router.get("/export.csv")
def as_csv(context: Auditor, filters: Annotated[Filters, Depends(asked)]) -> StreamingResponse:
    """Send the entries that the filters let through as CSV; the export is the entry after the newest of them."""
    return files.as_csv(context, Listed("audit", COLUMNS, _records(context, filters), filters.__dict__))


def _records(context: RequestContext, filters: Filters) -> Iterator[dict[str, Any]]:
    with context.store.reading() as connection:
        for one in entries.each(connection, readership_of(context.user), _sought(filters)):
            yield one.__dict__ | {"at": moment_text(one.at), "detail": canonical(one.detail)}


def _sought(filters: Filters) -> entries.Asked:
    until = _day(filters.until)
    return entries.Asked(
        actor=filters.actor or None,
        event=filters.event or None,
        external_id=filters.exception or None,
        since=_day(filters.since),
        until=until + timedelta(days=1) if until else None,
    )


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
    except ValueError:
        raise UsageError("Invalid date.", expected="year, month and day, such as 2026-01-31", found=text) from None


def _as_shown(detail: Any) -> dict[str, Any]:
    """Return an entry's facts without those that say nothing, digests last and short; the file has them whole."""
    shown = {name: value for name, value in detail.items() if value not in (None, "", [], {})}
    digests = {name: str(shown.pop(name))[:SHORT] for name in [*shown] if name.endswith("digest")}
    return shown | digests


def _checked(context: RequestContext) -> Check:
    """Check as ``leadline verify`` does; faults outside this user's scope are shown without their object."""
    try:
        return Check(audit_check.verify(context.store))
    except BusyError:
        raise
    except IntegrityError as exc:
        faults = [_as_seen(context, fault) for fault in exc.faults]
        kept = tuple(faults[:MOST_FAULTS])
        return Check(None, exc.what, kept, len(faults) - len(kept), exc.next_step or "")


def _as_seen(context: RequestContext, fault: Fault) -> Fault:
    reader = readership_of(context.user)
    of_one = _OF_ONE.fullmatch(fault.where)
    if of_one:
        seen = reader.sees_all or context.store.worklist.seen(context.scope, of_one[1]) is not None
    elif fault.where.startswith(_OF_ACCESS):
        seen = reader.sees_access
    else:
        seen = reader.sees_all or fault.where.startswith(_OF_CHAIN)
    return fault if seen else Fault(OUT_OF_SCOPE, "", "")
