"""The lists of projects, clients, deals and people: filters and order in the address, a page at a time."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from leadline.app.console.form import clean
from leadline.app.console.reads.record_lists import CLIENTS, DEALS, LISTS, PAGE, PEOPLE, PROJECTS, RecordList, listed
from leadline.app.console.reads.record_lists import choices as choices_of
from leadline.app.console.view import render
from leadline.app.console.warehouse_context import WarehouseContext, requires_warehouse
from leadline.kernel.errors import UsageError

router = APIRouter()

MOST = 100_000
LONGEST = 200

Reader = Annotated[WarehouseContext, Depends(requires_warehouse("see_warehouse"))]
ReaderOfPersons = Annotated[WarehouseContext, Depends(requires_warehouse("see_personal_data"))]
Text = Annotated[str, Query(max_length=LONGEST)]
Start = Annotated[int, Query(ge=0, le=MOST)]


@router.get("/projects")
def projects(request: Request, warehouse: Reader, q: Text = "", sort: Text = "", start: Start = 0) -> Response:
    """Show projects within the user's scope, open ones first, then by approved revenue."""
    return _page(request, warehouse, PROJECTS, q, sort, start)


@router.get("/clients")
def clients(request: Request, warehouse: Reader, q: Text = "", sort: Text = "", start: Start = 0) -> Response:
    """Show clients within the user's scope, by open receivables in the reporting currency."""
    return _page(request, warehouse, CLIENTS, q, sort, start)


@router.get("/deals")
def deals(request: Request, warehouse: Reader, q: Text = "", sort: Text = "", start: Start = 0) -> Response:
    """Show deals within the user's scope, open ones first, then by amount."""
    return _page(request, warehouse, DEALS, q, sort, start)


@router.get("/people")
def people(request: Request, warehouse: ReaderOfPersons, q: Text = "", sort: Text = "", start: Start = 0) -> Response:
    """Show people within the user's scope, by name."""
    return _page(request, warehouse, PEOPLE, q, sort, start)


def asked(request: Request, kind: RecordList, sort: str) -> tuple[dict[str, str], str]:
    """Return the filters and the order that an address asks for.

    Raises:
        UsageError: a filter is too long, or the list has no such order.
    """
    wanted = {column: clean(request.query_params.get(column, "")) for column in kind.filters}
    if any(len(value) > LONGEST for value in wanted.values()):
        raise UsageError("A filter is too long.", expected=f"{LONGEST} characters at most")
    order = clean(sort) or next(iter(kind.sorts))
    if order not in kind.sorts:
        raise UsageError("Unknown sort order.", expected="one of " + ", ".join(kind.sorts))
    return wanted, order


def _page(request: Request, warehouse: WarehouseContext, kind: RecordList, q: str, sort: str, start: int) -> Response:
    wanted, order = asked(request, kind, sort)
    text, snapshot = clean(q), warehouse.snapshot
    rows, number = listed(snapshot, kind, wanted=wanted, text=text, sort=order, start=start)
    kept = {name: value for name, value in {**wanted, "q": text, "sort": clean(sort)}.items() if value}
    before, after = (f"{kind.path}?{urlencode(kept | {'start': place})}" for place in (start - PAGE, start + PAGE))
    return render(
        request,
        "record_list.html",
        snapshot=snapshot,
        kind=kind,
        lists=[one for one in LISTS if one is not PEOPLE or warehouse.user.may("see_personal_data")],
        rows=rows,
        number=number,
        start=start,
        wanted=wanted,
        text=text,
        order=order,
        kept=kept,
        choices=choices_of(snapshot, kind),
        before=before if start >= PAGE else "",
        after=after if start + PAGE < number else "",
    )
