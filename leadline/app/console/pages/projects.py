"""The list of projects: filters in the address, a page at a time."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from leadline.app.console.form import clean
from leadline.app.console.reads import projects
from leadline.app.console.reads.columns import Column
from leadline.app.console.view import render
from leadline.app.console.warehouse import Reading, reads

router = APIRouter()

PAGE = 50
MOST = 100_000
COLUMNS = (
    Column("name", "Project", link=("/projects", "project_id")),
    Column("client_name", "Client", link=("/clients", "client_id")),
    Column("legal_entity_id", "Entity"),
    Column("status", "Status", "words"),
    Column("rag", "Reported"),
    Column("percent_complete", "Complete", "ratio"),
    Column("cpi", "CPI", "index"),
    Column("spi", "SPI", "index"),
    Column("planned_end_date", "Planned end"),
    Column("budget_revenue", "Approved revenue", "money"),
    Column("currency", "Currency"),
    Column("forecast_margin_ratio", "Forecast margin", "ratio"),
)


@router.get("/projects")
def show(
    request: Request,
    reading: Annotated[Reading, Depends(reads("see_warehouse"))],
    status: Annotated[str, Query(max_length=200)] = "",
    practice: Annotated[str, Query(max_length=200)] = "",
    legal_entity_id: Annotated[str, Query(max_length=200)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    start: Annotated[int, Query(ge=0, le=MOST)] = 0,
) -> Response:
    """Show projects within sight that fit the filters."""
    asked = {"status": status, "practice": practice, "legal_entity_id": legal_entity_id, "q": q}
    asked = {name: clean(value) for name, value in asked.items()}
    look = reading.look
    found = projects.projects(
        look,
        status=asked["status"],
        practice=asked["practice"],
        legal_entity=asked["legal_entity_id"],
        text=asked["q"],
        limit=PAGE + 1,
        offset=start,
    )
    kept = {name: value for name, value in asked.items() if value}
    return render(
        request,
        "projects.html",
        look=look,
        columns=COLUMNS,
        rows=[row | {"name": row["name"] or row["project_id"]} for row in found[:PAGE]],
        asked=asked,
        choices=projects.choices(look),
        before=f"/projects?{urlencode(kept | {'start': max(start - PAGE, 0)})}" if start else "",
        after=f"/projects?{urlencode(kept | {'start': start + PAGE})}" if len(found) > PAGE else "",
    )
