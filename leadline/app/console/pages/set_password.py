"""Set a password by a one-time code: how a new user comes in, and one who forgot theirs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from leadline.app.console import guard
from leadline.app.console.form import clean
from leadline.app.console.services import services_of
from leadline.app.console.view import render
from leadline.kernel.errors import UsageError

router = APIRouter()


@router.get("/set-password")
def ask(request: Request) -> Response:
    """Ask for the code and the new password."""
    return render(request, "set_password.html", fault="")


@router.post("/set-password")
def set_password(
    request: Request, code: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
) -> Response:
    """Set the password and log its user in."""
    services = services_of(request)
    at = services.now()
    try:
        user = services.access.redeem_password_code(clean(code), password, at=at)
    except UsageError as exc:
        fault = " ".join(filter(None, (exc.what, exc.expected and f"Expected: {exc.expected}.")))
        return render(request, "set_password.html", status=400, fault=fault)
    response = RedirectResponse("/", status_code=303)
    guard.open_session(request, response, services.access.log_in(user.login, password, at=at))
    return response
