"""One client, one deal, one person: a head, its tables, what waits on it in the queue."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from leadline.app.console.form import clean
from leadline.app.console.reads import records
from leadline.app.console.reads.records import CLIENT, DEAL, PERSON, Record
from leadline.app.console.view import render
from leadline.app.console.warehouse_context import WarehouseContext, requires_warehouse
from leadline.queue.states import WAITING
from leadline.queue.worklist import Sought

router = APIRouter()

MOST_EXCEPTIONS = 50
ACCOUNTS = """
select account_id from int_account_client
where client_id in (select client_id from int_account_client where ? in (account_id, client_id))
"""

Reader = Annotated[WarehouseContext, Depends(requires_warehouse("see_warehouse"))]


@router.get("/clients/{client_id}")
def client(request: Request, client_id: str, warehouse: Reader) -> Response:
    """Show one client, by its id or by that of any of its customer records, which are one here."""
    accounts = tuple(row["account_id"] for row in warehouse.snapshot.rows(ACCOUNTS, clean(client_id)))
    return _page(request, warehouse, CLIENT, client_id, Sought(states=WAITING, accounts=accounts) if accounts else None)


@router.get("/deals/{opportunity_id}")
def deal(request: Request, opportunity_id: str, warehouse: Reader) -> Response:
    """Show one deal; nothing in the queue is about a deal alone."""
    return _page(request, warehouse, DEAL, opportunity_id, None)


@router.get("/people/{person_id}")
def person(request: Request, person_id: str, warehouse: Reader) -> Response:
    """Show one person; 404 without the permission to see personal data."""
    return _page(request, warehouse, PERSON, person_id, Sought(states=WAITING, persons=(clean(person_id),)))


def _page(
    request: Request, warehouse: WarehouseContext, kind: Record, record_id: str, sought: Sought | None
) -> Response:
    found = records.head(warehouse.snapshot, kind, clean(record_id))
    if found is None:
        raise HTTPException(404)
    context = warehouse.context
    waiting = context.store.worklist.page(context.scope, sought, limit=MOST_EXCEPTIONS) if sought else []
    return render(
        request,
        "record.html",
        snapshot=warehouse.snapshot,
        kind=kind,
        one=found,
        tables=records.tables(warehouse.snapshot, kind, found["record_id"]),
        exceptions=waiting,
        is_queued=sought is not None,
        back=urlencode({"back": "/worklist"}),
    )
