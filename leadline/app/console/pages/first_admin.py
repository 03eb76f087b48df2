"""Make the first admin, by the code that the server's own command line printed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from leadline.app.console import guard
from leadline.app.console.form import clean
from leadline.app.console.services import services_of
from leadline.app.console.view import render
from leadline.kernel.errors import UsageError

router = APIRouter()


@router.get("/first-admin")
def ask(request: Request) -> Response:
    """Ask for the code, a login and a password; there is no such page once somebody manages users."""
    _check_open(request)
    return render(request, "first_admin.html", login="", fault="")


@router.post("/first-admin")
def make(
    request: Request,
    code: Annotated[str, Form()] = "",
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Make the admin and log them in."""
    _check_open(request)
    services = services_of(request)
    at = services.now()
    try:
        admin = services.access.make_first_admin(clean(code), clean(login), password, at=at)
    except UsageError as exc:
        fault = " ".join(filter(None, (exc.what, exc.expected and f"Expected: {exc.expected}.")))
        return render(request, "first_admin.html", status=400, login=clean(login)[:80], fault=fault)
    response = RedirectResponse("/users", status_code=303)
    guard.open_session(request, response, services.access.log_in(admin.login, password, at=at))
    return response


def _check_open(request: Request) -> None:
    if services_of(request).access.has_admin():
        raise HTTPException(404)
