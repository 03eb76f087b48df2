"""The worklist: what waits, the most valuable first, filtered and a page at a time."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from leadline.app.console import guard, lists
from leadline.app.console.guard import RequestContext
from leadline.app.console.lists import TABS, Asked
from leadline.app.console.view import render
from leadline.kernel.scores import SCORES
from leadline.queue.states import STATES, WAITING
from leadline.queue.worklist import Choices, Sought

router = APIRouter()

PAGE = 50


@router.get("/worklist")
def show(
    request: Request,
    context: Annotated[RequestContext, Depends(guard.requires("see_queue"))],
    filters: Annotated[Asked, Depends(lists.asked)],
    after: Annotated[str, Query(max_length=60)] = "",
    done: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Show one page of the list with counts and money per currency."""
    sought = lists.sought(context, filters)
    found = context.store.worklist.listing(context.scope, sought, limit=PAGE + 1, after=lists.key(after))
    shown = found.page[:PAGE]
    more = filters.address(after=lists.after(shown[-1])) if len(found.page) > PAGE else ""
    return render(
        request,
        "worklist.html",
        filters=filters,
        shown=shown,
        sums=found.sums,
        tabs=[] if _is_part(request) else _tabs(context, filters),
        more=more,
        after=after,
        choices=Choices((), ()) if _is_part(request) else context.store.worklist.choices(context.scope),
        scores=[score for score in SCORES if score not in context.scope.hidden_scores],
        states=STATES,
        at=context.at,
        back=urlencode({"back": filters.address()}),
        done=lists.done(context, done),
        shows_entity=len({one.legal_entity_id for one in shown}) > 1,
    )


def _is_part(request: Request) -> bool:
    """Return whether htmx asks, which replaces only the list; the rest of the page is left out."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def _tabs(context: RequestContext, filters: Asked) -> list[dict[str, Any]]:
    """Return the tabs with how much waits behind each, whatever the other filters say."""
    behind = {tab: lists.sought(context, Asked(tab=tab)) for tab in TABS}
    counts = context.store.worklist.kinds(context.scope, Sought(states=WAITING), behind)
    return [{"name": tab, "href": filters.address(tab=tab), "count": counts[tab]} for tab in TABS]
