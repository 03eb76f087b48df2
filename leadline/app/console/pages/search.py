"""One box for everything: exceptions and records by part of an id or name; a whole id leads straight to its page."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from leadline.app.console import guard
from leadline.app.console.form import clean
from leadline.app.console.guard import RequestContext
from leadline.app.console.reads.search import CLIENTS, DEALS, PEOPLE, PROJECTS, Found, search
from leadline.app.console.services import services_of
from leadline.app.console.view import render
from leadline.app.console.warehouse import NothingPublished
from leadline.queue.records import QueuedException
from leadline.queue.worklist import Sought

router = APIRouter()

PAGE = 10


@router.get("/search")
def show(
    request: Request,
    context: Annotated[RequestContext, Depends(guard.request_context)],
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show matches within the user's scope, by kind; each kind needs the permission of its pages."""
    text = clean(q)
    records = _records(request, context, text) if text else []
    exceptions, number = _exceptions(context, text) if text else ([], 0)
    there = _whole_id(text, records, exceptions)
    if there:
        return RedirectResponse(there, status_code=303)
    return render(
        request,
        "search.html",
        text=text,
        records=[one for one in records if one.rows],
        exceptions=exceptions,
        number=number,
        all_exceptions=f"/worklist?{urlencode({'state': 'all', 'q': text})}",
    )


def _records(request: Request, context: RequestContext, text: str) -> list[Found]:
    if not context.user.may("see_warehouse"):
        return []
    try:
        snapshot = services_of(request).warehouse.open(context.user)
    except NothingPublished:
        return []
    kinds = [PROJECTS, CLIENTS, DEALS, *([PEOPLE] if context.user.may("see_personal_data") else [])]
    return [search(snapshot, kind, text, limit=PAGE) for kind in kinds]


def _exceptions(context: RequestContext, text: str) -> tuple[list[QueuedException], int]:
    if not context.user.may("see_queue"):
        return [], 0
    found = context.store.worklist.listing(context.scope, Sought(text=text), limit=PAGE)
    return list(found.page), sum(one.exceptions for one in found.sums)


def _whole_id(text: str, records: list[Found], exceptions: list[QueuedException]) -> str:
    """Return the page of what alone has this very id, a record before an exception about it; empty without one."""
    wanted = text.casefold()
    pages = [
        f"{found.kind.path}/{quote(row['record_id'], safe='')}"
        for found in records
        for row in found.rows
        if row["record_id"].casefold() == wanted
    ]
    pages = pages or [
        f"/exceptions/{one.external_id}" for one in exceptions if wanted in (one.external_id, one.object_id.casefold())
    ]
    return pages[0] if wanted and len(pages) == 1 else ""
