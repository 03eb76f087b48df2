"""The worklist as a file for a spreadsheet: all that the filters of the address let through, as of one moment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from leadline.app.console import files, guard, lists
from leadline.app.console.dossier import renderer
from leadline.app.console.files import Listed
from leadline.app.console.guard import RequestContext
from leadline.app.console.language import language_of
from leadline.app.console.lists import Asked
from leadline.queue.records import RECORD_KEYS, as_record

router = APIRouter(prefix="/worklist")

Exporter = Annotated[RequestContext, Depends(guard.requires("export"))]
Filters = Annotated[Asked, Depends(lists.asked)]


@router.get("/export.csv")
def as_csv(request: Request, context: Exporter, filters: Filters) -> StreamingResponse:
    """Send the list as CSV."""
    return files.as_csv(context, _listed(context, filters, language_of(request)))


@router.get("/export.xlsx")
def as_xlsx(request: Request, context: Exporter, filters: Filters) -> StreamingResponse:
    """Send the list as a workbook of one sheet."""
    return files.as_xlsx(context, _listed(context, filters, language_of(request)))


def _listed(context: RequestContext, filters: Asked, language: str) -> Listed:
    found = context.store.worklist.each(context.scope, lists.sought(context, filters))
    words = renderer(context, language)
    records = (as_record(one, words) for one in found)
    return Listed("worklist", RECORD_KEYS, records, filters.__dict__)
