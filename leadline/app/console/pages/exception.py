"""One exception: why it is one, what to do, what happened to it, and the actions on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from leadline.access.users import sees
from leadline.app.console import form, guard
from leadline.app.console.guard import Visit
from leadline.app.console.view import render, words
from leadline.kernel.errors import BusyError
from leadline.queue.decisions import Verdict
from leadline.queue.records import QueuedException
from leadline.queue.states import (
    CONFIRMED,
    DECIDED,
    DISMISSED,
    IN_REVIEW,
    LIVE,
    OPEN,
    RE_OPENED,
    REASON_CODES,
    SNOOZED,
    WAITING,
)
from leadline.queue.trail import Difference, Trail

router = APIRouter(prefix="/exceptions/{external_id}")

SNOOZE_DAYS = 7
LONGEST_SNOOZE_DAYS = 365
COST_RATE = "cost_rate"

Reader = Annotated[Visit, Depends(guard.needs("see_queue"))]
Decider = Annotated[Visit, Depends(guard.needs("decide"))]
Giver = Annotated[Visit, Depends(guard.needs("reassign"))]


@router.get("")
def show(request: Request, external_id: str, here: Reader, back: Annotated[str, Query()] = "") -> Response:
    """Show one exception in full."""
    found, trail = _seen(here, external_id)
    return render(
        request,
        "exception.html",
        one=found,
        timeline=_timeline(trail),
        reasons=_reasons(here, found),
        related=_related(here, found),
        can_decide=here.user.may("decide"),
        can_give=here.user.may("reassign") and found.state in LIVE,
        actions=_actions(found.state),
        reason_codes=REASON_CODES,
        snooze_days=SNOOZE_DAYS,
        at=here.at,
        back=_back(back),
        back_query=urlencode({"back": _back(back)}),
    )


@router.post("/take")
def take(
    request: Request,
    external_id: str,
    here: Decider,
    version: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Take an exception in hand and stay on its page."""
    _seen(here, external_id)
    seen_version = _version(version)

    def act() -> QueuedException:
        return here.store.take(external_id, by=here.user.login, at=here.at, expected_version=seen_version)

    return _acted(request, here, external_id, seen_version, act, back=back, then=_page_of(external_id, back))


@router.post("/decide")
def decide(
    request: Request,
    external_id: str,
    here: Decider,
    version: Annotated[str, Form()] = "",
    verdict: Annotated[str, Form()] = "",
    reason_code: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    value_recovered: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Decide on an exception by one of the reasons and go back to the list."""
    _seen(here, external_id)
    seen_version = _version(version)
    until = None
    if verdict == SNOOZED:
        asked = form.whole(days or str(SNOOZE_DAYS), "number of days", least=1, most=LONGEST_SNOOZE_DAYS)
        until = here.at + timedelta(days=asked)
    spoken = Verdict(
        verdict=form.clean(verdict),
        reason_code=form.clean(reason_code),
        by=here.user.login,
        note=form.note(note),
        expected_version=seen_version,
        value_recovered=form.money(value_recovered) if verdict == CONFIRMED else None,
        snoozed_until=until,
    )

    def act() -> QueuedException:
        return here.store.decide(external_id, spoken, at=here.at)

    then = f"{_back(back)}{'&' if '?' in _back(back) else '?'}{urlencode({'done': external_id})}"
    return _acted(request, here, external_id, seen_version, act, back=back, then=then)


@router.post("/assign")
def assign(
    request: Request,
    external_id: str,
    here: Giver,
    version: Annotated[str, Form()] = "",
    to: Annotated[str, Form(max_length=200)] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Give an exception to somebody, or with no name back to whom it was routed, and stay on its page."""
    _seen(here, external_id)
    seen_version, name = _version(version), form.clean(to) or None

    def act() -> QueuedException:
        by, at = here.user.login, here.at
        return here.store.assign(external_id, to=name, by=by, at=at, expected_version=seen_version)

    return _acted(request, here, external_id, seen_version, act, back=back, then=_page_of(external_id, back))


@router.post("/undo")
def undo(external_id: str, here: Decider, back: Annotated[str, Form()] = "") -> Response:
    """Take one's own last decision back and go to the exception's page."""
    _seen(here, external_id)
    here.store.undo(external_id, by=here.user.login, at=here.at)
    return RedirectResponse(_page_of(external_id, back), status_code=303)


def _page_of(external_id: str, back: str) -> str:
    return f"/exceptions/{external_id}?{urlencode({'back': _back(back)})}"


def _acted(
    request: Request,
    here: Visit,
    external_id: str,
    version: int,
    act: Callable[[], QueuedException],
    *,
    back: str,
    then: str,
) -> Response:
    """Act, and go on; when somebody was faster, say what changed and who did it, and change nothing."""
    try:
        act()
    except BusyError:
        found, trail = _seen(here, external_id)
        is_taken = found.state == IN_REVIEW and found.handled_by != here.user.login
        if found.version == version and not is_taken:
            raise  # nobody was faster: the store itself is busy
        return render(
            request,
            "conflict.html",
            status=409,
            one=found,
            steps=[step for step in _timeline(trail) if step["version"] > version],
            differences=[_as_shown(one) for one in here.store.worklist.differences(found, version=version)],
            back_query=urlencode({"back": _back(back)}),
        )
    return RedirectResponse(then, status_code=303)


def _seen(here: Visit, external_id: str) -> tuple[QueuedException, Trail]:
    """Return an exception within this person's sight; what lies outside it is as if it did not exist."""
    found = here.store.worklist.seen(here.sight, form.clean(external_id))
    if found is None:
        raise HTTPException(404)
    return found


def _actions(state: str) -> tuple[str, ...]:
    """Return what can be done in a state, the likeliest first."""
    possible = {
        "take": state in (OPEN, RE_OPENED),
        CONFIRMED: state not in DECIDED,
        DISMISSED: state not in DECIDED,
        SNOOZED: state in (*WAITING, SNOOZED),
        RE_OPENED: state not in WAITING,
    }
    return tuple(action for action, can in possible.items() if can)


def _timeline(trail: Trail) -> list[dict[str, Any]]:
    """Return the steps with the decision that each followed from, oldest first."""
    decided = {decision.exception_version + 1: decision for decision in trail.decisions}
    return [
        {"version": step.version, "at": step.at, "actor": step.actor, "event": step.event}
        | {"decision": decided.get(step.version)}
        for step in trail.steps
    ]


def _as_shown(difference: Difference) -> Difference:
    """Return a difference in the words of the page: codes as words, moments without the marks of their format."""
    shown: dict[str, Callable[[str], str]] = {
        "state": words,
        "snoozed until": lambda text: f"{text.replace('T', ' ').removesuffix(':00Z')} UTC",
    }
    tell = shown.get(difference.what)
    if tell is None:
        return difference
    before, now = (value and tell(value) for value in (difference.before, difference.now))
    return Difference(difference.what, before, now)


def _reasons(here: Visit, one: QueuedException) -> list[dict[str, Any]]:
    """Return reasons with their records; a cost rate is shown to those who may see it."""
    shown = here.user.may("see_cost_rates")
    return [
        reason | {"records": [record | {"is_hidden": _is_cost(record) and not shown} for record in reason["records"]]}
        for reason in one.reasons
    ]


def _related(here: Visit, one: QueuedException) -> list[QueuedException]:
    """Return what else waits on the same object or project, as far as this person may see it."""
    hidden = here.sight.hidden_stems
    found = here.store.related(one)
    return [other for other in found if sees(here.user, other.legal_entity_id) and other.stem not in hidden]


def _is_cost(record: dict[str, Any]) -> bool:
    return record["entity"] == COST_RATE or COST_RATE in record["column"]


def _version(text: str) -> int:
    return form.whole(text, "version", least=1, most=999_999_999)


def _back(back: str) -> str:
    """Return the list to go back to; only a list of this console is one."""
    path = guard.local_path(form.clean(back))
    return path if path.startswith("/worklist") else "/worklist"
