"""Filters of the exception list as they are in the URL, shared by pages, API and exports."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query

from leadline.app.console.form import clean
from leadline.app.console.guard import RequestContext
from leadline.kernel.errors import UsageError
from leadline.kernel.scores import choose
from leadline.queue.records import QueuedException
from leadline.queue.states import WAITING, check_states
from leadline.queue.worklist import Key, Sought

TABS = ("mine", "team", "breached")
ALL = "all"


@dataclass(frozen=True)
class Asked:
    """The filters as they are in the URL, so that a list can be bookmarked and shared."""

    tab: str = "team"
    score: str = ""
    state: str = ""
    owner: str = ""
    legal_entity: str = ""
    q: str = ""

    def address(self, path: str = "/worklist", **changes: str) -> str:
        """Return the address of this list, of one with other filters, or of another page with these filters."""
        chosen = {name: value for name, value in (self.__dict__ | changes).items() if value}
        return f"{path}?{urlencode(chosen)}"


def asked(
    tab: Annotated[str, Query()] = "team",
    score: Annotated[str, Query()] = "",
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
        raise UsageError("Unknown tab.", expected="one of " + ", ".join(TABS))
    if score:
        choose([score])
    if state and state != ALL:
        check_states([state])
    return Asked(tab, score, state, clean(owner), clean(legal_entity), clean(q))


def sought(context: RequestContext, filters: Asked) -> Sought:
    """Return the query that the filters stand for, for this user and moment."""
    states: tuple[str, ...] = WAITING
    if filters.state:
        states = () if filters.state == ALL else (filters.state,)
    return Sought(
        scores=(filters.score,) if filters.score else (),
        states=states,
        owner=filters.owner or None,
        whose=_names(context) if filters.tab == "mine" else (),
        legal_entity=filters.legal_entity or None,
        due_before=context.at if filters.tab == "breached" else None,
        text=filters.q,
    )


def after(last: QueuedException) -> str:
    """Return the place in the list behind an exception, as text for an address."""
    return f"{last.expected_value}_{last.external_id}"


def key(text: str) -> Key | None:
    """Return the place that a text of :func:`after` names; None for the top of the list.

    Raises:
        UsageError: the text names none.
    """
    if not text:
        return None
    value, _, external_id = text.partition("_")
    try:
        expected_value = Decimal(value)
    except InvalidOperation:
        expected_value = Decimal("NaN")
    if not expected_value.is_finite() or abs(expected_value) >= Decimal("1e16") or not external_id.isalnum():
        raise UsageError("Invalid list position.", expected="a link from the list itself")
    return Key(expected_value, external_id)


def _names(context: RequestContext) -> tuple[str, ...]:
    """Return under which names something is this person's: their login, and who they are in the warehouse."""
    return tuple(name for name in (context.user.login, context.user.person_id) if name)


def done(context: RequestContext, external_id: str) -> QueuedException | None:
    """Return the exception that was just decided, for a notice on the page one came from; None if out of scope."""
    found = context.store.worklist.seen(context.scope, clean(external_id)) if external_id else None
    return found[0] if found else None
