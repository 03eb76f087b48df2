"""The worklist: what waits, the most valuable first, filtered and a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from leadline.app.console import guard
from leadline.app.console.form import clean
from leadline.app.console.guard import Visit
from leadline.app.console.view import render
from leadline.kernel.errors import UsageError
from leadline.kernel.stems import STEMS, choose
from leadline.queue.records import QueuedException
from leadline.queue.states import STATES, WAITING, check_states
from leadline.queue.worklist import Choices, Key, Sought

router = APIRouter()

PAGE = 50
TABS = ("mine", "team", "breached")
ALL = "all"


@dataclass(frozen=True)
class Asked:
    """The filters as they stand in the address, so that a list can be bookmarked and sent on."""

    tab: str = "team"
    stem: str = ""
    state: str = ""
    owner: str = ""
    legal_entity: str = ""
    q: str = ""

    def address(self, **changes: str) -> str:
        """Return the address of this list, or of one with other filters."""
        chosen = {name: value for name, value in (self.__dict__ | changes).items() if value}
        return f"/worklist?{urlencode(chosen)}"


def asked(
    tab: Annotated[str, Query()] = "team",
    stem: Annotated[str, Query()] = "",
    state: Annotated[str, Query()] = "",
    owner: Annotated[str, Query()] = "",
    legal_entity: Annotated[str, Query()] = "",
    q: Annotated[str, Query(max_length=200)] = "",
) -> Asked:
    """Read the filters from the address.

    Raises:
        UsageError: an unknown tab, score or state.
    """
    if tab not in TABS:
        raise UsageError("There is no such tab.", expected="one of " + ", ".join(TABS))
    if stem:
        choose([stem])
    if state and state != ALL:
        check_states([state])
    return Asked(tab, stem, state, clean(owner), clean(legal_entity), clean(q))


@router.get("/worklist")
def show(
    request: Request,
    here: Annotated[Visit, Depends(guard.needs("see_queue"))],
    filters: Annotated[Asked, Depends(asked)],
    after: Annotated[str, Query(max_length=60)] = "",
    done: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Show one page of the list with counts and money per currency."""
    sought = _sought(here, filters)
    found = here.store.worklist.listing(here.sight, sought, limit=PAGE + 1, after=_key(after))
    shown = found.page[:PAGE]
    more = filters.address(after=_after(shown[-1])) if len(found.page) > PAGE else ""
    return render(
        request,
        "worklist.html",
        filters=filters,
        shown=shown,
        sums=found.sums,
        tabs=[] if _is_part(request) else _tabs(here, filters),
        more=more,
        after=after,
        choices=Choices((), ()) if _is_part(request) else here.store.worklist.choices(here.sight),
        stems=[stem for stem in STEMS if stem not in here.sight.hidden_stems],
        states=STATES,
        at=here.at,
        back=urlencode({"back": filters.address()}),
        done=_done(here, done),
        shows_entity=len({one.legal_entity_id for one in shown}) > 1,
    )


def _is_part(request: Request) -> bool:
    """Return whether htmx asks, which takes the list alone out of the page; what stands around it is left out."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def _sought(here: Visit, filters: Asked) -> Sought:
    states: tuple[str, ...] = WAITING
    if filters.state:
        states = () if filters.state == ALL else (filters.state,)
    return Sought(
        stems=(filters.stem,) if filters.stem else (),
        states=states,
        owner=filters.owner or None,
        whose=_names(here) if filters.tab == "mine" else (),
        legal_entity=filters.legal_entity or None,
        due_before=here.at if filters.tab == "breached" else None,
        text=filters.q,
    )


def _names(here: Visit) -> tuple[str, ...]:
    """Return under which names something is this person's: their login, and who they are in the warehouse."""
    return tuple(name for name in (here.user.login, here.user.person_id) if name)


def _tabs(here: Visit, filters: Asked) -> list[dict[str, Any]]:
    """Return the tabs with how much waits behind each, whatever the other filters say."""
    behind = {tab: _sought(here, Asked(tab=tab)) for tab in TABS}
    counts = here.store.worklist.kinds(here.sight, Sought(states=WAITING), behind)
    return [{"name": tab, "href": filters.address(tab=tab), "count": counts[tab]} for tab in TABS]


def _after(last: QueuedException) -> str:
    return f"{last.expected_value}_{last.external_id}"


def _key(after: str) -> Key | None:
    if not after:
        return None
    value, _, external_id = after.partition("_")
    try:
        expected_value = Decimal(value)
    except InvalidOperation:
        expected_value = Decimal("NaN")
    if not expected_value.is_finite() or abs(expected_value) >= Decimal("1e16") or not external_id.isalnum():
        raise UsageError("That page of the list cannot be found.", expected="an address that the list itself gave")
    return Key(expected_value, external_id)


def _done(here: Visit, external_id: str) -> QueuedException | None:
    """Return what was just decided, for a line above the list, if it is within sight."""
    found = here.store.worklist.seen(here.sight, clean(external_id)) if external_id else None
    return found[0] if found else None
