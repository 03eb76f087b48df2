"""What is answered when something is wrong: a page that says what happened and where to go."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from leadline.app.console.guard import LogInFirst, with_headers
from leadline.app.console.translation import N_
from leadline.app.console.view import render
from leadline.app.console.warehouse import NothingPublished
from leadline.kernel.errors import BusyError, LeadlineError, UsageError

TOLD = {
    400: (N_("That cannot be done"), N_("Something in the form or the address is off.")),
    403: (
        N_("Not for you"),
        N_("Your roles do not let you do this. Whoever manages users can change them."),
    ),
    404: (
        N_("Nothing here"),
        N_(
            "There is no such page, or it is about a legal entity that you do not see. It may also have left the queue."
        ),
    ),
    405: (N_("That cannot be done"), N_("This address takes another kind of request.")),
    413: (
        N_("That cannot be done"),
        N_("What was sent is longer than a mebibyte. Nothing was changed."),
    ),
    500: (
        N_("Something broke"),
        N_("It should not have, and nothing was half-written. The server's log tells more."),
    ),
    503: (
        N_("One moment"),
        N_("The queue is being written by another program. Try again in a few seconds."),
    ),
}


def handle(app: FastAPI) -> None:
    """Register an answer for everything that a page may raise."""
    app.add_exception_handler(LogInFirst, _log_in_first)
    app.add_exception_handler(NothingPublished, _nothing_published)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, lambda request, _: _page(request, 400, ""))
    app.add_exception_handler(LeadlineError, _ours)
    app.add_exception_handler(Exception, _broken)


def _log_in_first(request: Request, exc: Exception) -> Response:
    then = exc.then if isinstance(exc, LogInFirst) else "/"
    where = "/log-in" if then == "/" else f"/log-in?{urlencode({'then': then})}"
    if request.headers.get("HX-Request"):
        return Response(status_code=401, headers={"HX-Redirect": "/log-in"})
    return RedirectResponse(where, status_code=303)


def _nothing_published(request: Request, _: Exception) -> Response:
    text = "The firm's figures appear here once leadline build has published them; no restart is needed."
    return render(request, "error.html", status=503, code=503, title="Nothing is published yet", text=text)


def _http(request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    is_own = isinstance(exc, HTTPException) and status == 403 and exc.detail
    return _page(request, status, str(exc.detail) if is_own and isinstance(exc, HTTPException) else "")


def _ours(request: Request, exc: Exception) -> Response:
    if isinstance(exc, UsageError):
        facts = [fact for fact in (exc.what, exc.expected and f"Expected: {exc.expected}.") if fact]
        return _page(request, 400, " ".join(facts))
    return _page(request, 503 if isinstance(exc, BusyError) else 500, "")


def _broken(request: Request, _: Exception) -> Response:
    """Answer what nobody foresaw; this answer is made outside of what adds the headers to all others."""
    return with_headers(request, _page(request, 500, ""))


def _page(request: Request, status: int, detail: str) -> Response:
    title, text = TOLD.get(status, TOLD[400 if status < 500 else 500])
    return render(request, "error.html", status=status, code=status, title=title, text=detail or text)
