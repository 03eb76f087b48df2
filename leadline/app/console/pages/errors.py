"""Error pages: what happened and where to go next."""

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

MESSAGES = {
    400: (N_("Invalid request"), N_("Something in the form or the URL is not valid.")),
    403: (
        N_("Access denied"),
        N_("Your roles do not allow this. A user administrator can change them."),
    ),
    404: (
        N_("Not found"),
        N_("There is no such page, or it belongs to a legal entity that you may not see. It may have left the queue."),
    ),
    405: (N_("Invalid request"), N_("This page does not support that method.")),
    413: (
        N_("Invalid request"),
        N_("The request is larger than 1 MiB. Nothing was changed."),
    ),
    500: (
        N_("Internal error"),
        N_("Nothing was partially written. Details are in the server's log."),
    ),
    503: (
        N_("Please try again"),
        N_("Another program is writing to the queue. Try again in a few seconds."),
    ),
}


def handle(app: FastAPI) -> None:
    """Register a response for every error that a page may raise."""
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
    """Respond to an unexpected error; the middleware that adds headers is not on this path."""
    return with_headers(request, _page(request, 500, ""))


def _page(request: Request, status: int, detail: str) -> Response:
    title, text = MESSAGES.get(status, MESSAGES[400 if status < 500 else 500])
    return render(request, "error.html", status=status, code=status, title=title, text=detail or text)
