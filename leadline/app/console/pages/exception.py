"""One exception: why it is one, what to do, what happened to it, and the actions on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from leadline.app.console import actions, form, guard
from leadline.app.console.actions import LONGEST_SNOOZE_DAYS, SNOOZE_DAYS, Action, StaleVersionError
from leadline.app.console.dossier import ASSIGN, Dossier, dossier, renderer, timeline
from leadline.app.console.guard import RequestContext
from leadline.app.console.language import KEPT, language_of
from leadline.app.console.translation import N_
from leadline.app.console.view import render
from leadline.app.console.wording import words
from leadline.kernel.compose import for_everyone
from leadline.kernel.rendering import CONTROLLER, Renderer
from leadline.queue.decisions import Verdict
from leadline.queue.narrative import reader_of
from leadline.queue.states import CONFIRMED, SNOOZED, fitting_reasons
from leadline.queue.trail import Difference

router = APIRouter(prefix="/exceptions/{external_id}")

# Where one comes from, by the start of its address, and what the way back is called.
BACK = {
    "/worklist": N_("← Worklist"),
    "/staffing": N_("← Staffing"),
    "/leakage": N_("← Leakage"),
    "/projects/": N_("← Project"),
}

# The cookie that keeps in whose words this browser reads.
READER = "reader"

Reader = Annotated[RequestContext, Depends(guard.requires("see_queue"))]
Decider = Annotated[RequestContext, Depends(guard.requires("decide"))]
Giver = Annotated[RequestContext, Depends(guard.requires("reassign"))]


@router.get("")
def show(
    request: Request,
    external_id: str,
    context: Reader,
    back: Annotated[str, Query()] = "",
    note: Annotated[str, Query(max_length=200)] = "",
    reader: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show one exception in full, in the words of the reader that is asked for, else of this person's; ``note`` is what
    the form of a decision proposes to note.
    """
    language = language_of(request)
    found = dossier(context, form.clean(external_id), language)
    spoken_to = _reader(request, context, found, reader)
    response = render(
        request,
        "exception.html",
        one=found.one,
        timeline=found.timeline,
        related=found.related,
        can_decide=context.user.may("decide"),
        can_give=ASSIGN in found.actions,
        actions=[action for action in found.actions if action != ASSIGN],
        reason_codes=fitting_reasons(found.one.score),
        snooze_days=SNOOZE_DAYS,
        at=context.at,
        back=_back(back),
        back_name=next(name for start, name in BACK.items() if _back(back).startswith(start)),
        note=form.clean(note),
        back_query=urlencode({"back": _back(back)}),
        readers=list(found.narratives),
        reader=spoken_to,
        rendered=found.narratives.get(spoken_to),
        narrative=for_everyone(found.one, renderer(context, language)).text,
    )
    if reader in found.narratives:
        guard.set_cookie(request, response, READER, reader, life=KEPT)
    return response


@router.post("/take")
def take(
    request: Request,
    external_id: str,
    context: Decider,
    version: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Take an exception in hand and stay on its page."""
    action = actions.take(context, form.clean(external_id), version=_version(version))
    return _acted(request, context, action, back=back, then=_page_of(external_id, back))


@router.post("/decide")
def decide(
    request: Request,
    external_id: str,
    context: Decider,
    version: Annotated[str, Form()] = "",
    verdict: Annotated[str, Form()] = "",
    reason_code: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    value_recovered: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Decide on an exception by one of the reasons and go back to the list."""
    until = None
    if verdict == SNOOZED:
        asked = form.whole(days or str(SNOOZE_DAYS), "number of days", least=1, most=LONGEST_SNOOZE_DAYS)
        until = context.at + timedelta(days=asked)
    spoken = Verdict(
        verdict=form.clean(verdict),
        reason_code=form.clean(reason_code),
        by=context.user.login,
        note=form.note(note),
        expected_version=_version(version),
        value_recovered=form.money(value_recovered) if verdict == CONFIRMED else None,
        snoozed_until=until,
    )
    then = f"{_back(back)}{'&' if '?' in _back(back) else '?'}{urlencode({'done': external_id})}"
    return _acted(request, context, actions.decide(context, form.clean(external_id), spoken), back=back, then=then)


@router.post("/assign")
def assign(
    request: Request,
    external_id: str,
    context: Giver,
    version: Annotated[str, Form()] = "",
    to: Annotated[str, Form(max_length=200)] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Give an exception to somebody, or with no name back to whom it was routed, and stay on its page."""
    to_whom = form.clean(to) or None
    action = actions.assign(context, form.clean(external_id), to=to_whom, version=_version(version))
    return _acted(request, context, action, back=back, then=_page_of(external_id, back))


@router.post("/undo")
def undo(external_id: str, context: Decider, back: Annotated[str, Form()] = "") -> Response:
    """Take one's own last decision back and go to the exception's page."""
    actions.do(context, actions.undo(context, form.clean(external_id)))
    return RedirectResponse(_page_of(external_id, back), status_code=303)


def _reader(request: Request, context: RequestContext, found: Dossier, asked: str) -> str:
    """Return whose words are shown: those asked for, else chosen before in this browser, else of the role that answers
    for it; who decides on nothing reads what a controller does.
    """
    usual = reader_of(found.one) if context.user.may("decide") else CONTROLLER
    for name in (asked, guard.cookie(request, READER), usual):
        if name in found.narratives:
            return name
    return next(iter(found.narratives), "")


def _page_of(external_id: str, back: str) -> str:
    return f"/exceptions/{external_id}?{urlencode({'back': _back(back)})}"


def _acted(request: Request, context: RequestContext, action: Action, *, back: str, then: str) -> Response:
    """Act, and go on; when somebody was faster, say what changed and who did it, and change nothing."""
    try:
        actions.do(context, action)
    except StaleVersionError as exc:
        return render(
            request,
            "conflict.html",
            status=409,
            one=exc.now,
            steps=[step for step in timeline(exc.trail) if step.version > exc.version],
            differences=_shown(exc, renderer(context, language_of(request))),
            back_query=urlencode({"back": _back(back)}),
        )
    return RedirectResponse(then, status_code=303)


def _shown(exc: StaleVersionError, words: Renderer) -> list[Difference]:
    """Return what reads otherwise, without the texts that this person may not see."""
    said = {"title": exc.now.title, "expected": exc.now.expected, "seen": exc.now.seen}
    said["proposed action"] = exc.now.action
    hidden = {name for name, statement in said.items() if words.text(statement) is None}
    return [_as_shown(one) for one in exc.differences if one.what not in hidden]


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


def _version(text: str) -> int:
    return form.whole(text, "version", least=1, most=999_999_999)


def _back(back: str) -> str:
    """Return the page to go back to; only one that shows exceptions, of this console, is one."""
    path = guard.local_path(form.clean(back))
    return path if path.startswith(tuple(BACK)) else "/worklist"
