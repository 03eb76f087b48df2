"""Log in, log out, and where to begin."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from leadline.access.login_throttle import LoginRefusedError, TooManyAttemptsError
from leadline.app.console import guard
from leadline.app.console.form import clean
from leadline.app.console.guard import RequestContext
from leadline.app.console.services import services_of
from leadline.app.console.view import NAVIGATION, render

router = APIRouter()


@router.get("/")
def begin(context: Annotated[RequestContext, Depends(guard.request_context)]) -> Response:
    """Lead to the first page that somebody's roles let them see."""
    first = [href for permission, href, _ in NAVIGATION if context.user.may(permission)]
    return RedirectResponse(next(iter(first), "/account"), status_code=303)


@router.get("/log-in")
def ask(request: Request, then: str = "/") -> Response:
    """Show the log-in form; where there is no admin yet, say how to create one."""
    return log_in_page(request, then=then)


@router.post("/log-in")
def log_in(
    request: Request,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    then: Annotated[str, Form()] = "/",
) -> Response:
    """Start a session, always a new one, and go where the person wanted to go."""
    services = services_of(request)
    try:
        token = services.access.log_in(clean(login), password, at=services.now())
    except LoginRefusedError as exc:
        status = 429 if isinstance(exc, TooManyAttemptsError) else 401
        return log_in_page(request, then=then, login=clean(login)[:80], fault=exc.what, status=status)
    response = RedirectResponse(guard.local_path(then), status_code=303)
    guard.open_session(request, response, token)
    return response


@router.post("/log-out")
def log_out(request: Request) -> Response:
    """End the session here and in the store."""
    services = services_of(request)
    services.access.log_out(guard.session_token(request), at=services.now())
    response = RedirectResponse("/log-in", status_code=303)
    guard.close_session(request, response)
    return response


def log_in_page(request: Request, *, then: str, login: str = "", fault: str = "", status: int = 200) -> Response:
    """Return the page with what was typed and what was wrong with it, and the way by a provider if there is one."""
    services, path = services_of(request), guard.local_path(then)
    return render(
        request,
        "log_in.html",
        status=status,
        then=path,
        login=login,
        fault=fault,
        has_admin=services.access.has_admin(),
        provider=services.provider.client.name if services.provider else "",
        begin=f"/log-in/provider?{urlencode({'then': path})}",
    )
