"""Log in by the configured provider: go there, and come back with a code that proves who somebody is."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from leadline.access.login_throttle import LoginRefusedError
from leadline.access.oidc import ATTEMPT_LIFE, Provider, state_of
from leadline.access.secrets import fresh
from leadline.app.console import guard
from leadline.app.console.pages.log_in import log_in_page
from leadline.app.console.services import services_of

router = APIRouter(prefix="/log-in/provider")

COOKIE = "provider"


@router.get("")
def begin(request: Request, then: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """Send the browser to the provider, with a secret of this try in a cookie."""
    services, provider = services_of(request), _provider(request)
    secret = f"{fresh()}.{int(services.now().timestamp())}"
    try:
        where = provider.address(secret, _back(request), at=services.now())
    except LoginRefusedError as exc:
        return log_in_page(request, then=then, fault=exc.what, status=503)
    response = RedirectResponse(where, status_code=303)
    guard.set_cookie(request, response, COOKIE, f"{secret} {guard.local_path(then)}", life=ATTEMPT_LIFE)
    return response


@router.get("/back")
def come_back(
    request: Request,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Start a session for the user that the provider identifies, once per attempt; never adds a user."""
    services, provider = services_of(request), _provider(request)
    secret, _, then = guard.cookie(request, COOKIE).partition(" ")
    then = guard.local_path(then)
    try:
        if not code or _is_over(secret, services.now().timestamp()):
            raise LoginRefusedError("The provider refused the log-in, or it took too long. Start again.")
        login = provider.login(code, state, secret, _back(request), at=services.now())
        token = services.access.enter(login, state_of(secret), at=services.now())
    except LoginRefusedError as exc:
        response = log_in_page(request, then=then, fault=exc.what, status=401)
    else:
        response = RedirectResponse(then, status_code=303)
        guard.open_session(request, response, token)
    guard.drop_cookie(request, response, COOKIE)
    return response


def _provider(request: Request) -> Provider:
    provider = services_of(request).provider
    if provider is None:
        raise HTTPException(404)
    return provider


def _back(request: Request) -> str:
    return str(request.base_url.replace(path="/log-in/provider/back", query=""))


def _is_over(secret: str, moment: float) -> bool:
    begun = secret.rpartition(".")[2]
    return not begun.isdigit() or not 0 <= moment - int(begun) <= ATTEMPT_LIFE / timedelta(seconds=1)
