"""One's own account: what one may do and see, and a change of password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from leadline.access.login_throttle import LoginRefusedError, TooManyAttemptsError
from leadline.app.console import guard
from leadline.app.console.guard import RequestContext
from leadline.app.console.language import COOKIE, KEPT, LANGUAGES, tell
from leadline.app.console.view import render
from leadline.kernel.errors import UsageError

router = APIRouter()


@router.get("/account")
def show(request: Request, _: Annotated[RequestContext, Depends(guard.request_context)]) -> Response:
    """Show roles, scope and the form for a new password."""
    return render(request, "account.html", fault="", done="")


@router.post("/account/password")
def change(
    request: Request,
    context: Annotated[RequestContext, Depends(guard.request_context)],
    old: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
) -> Response:
    """Change the password; all other sessions end."""
    try:
        context.access.change_password(context.user.login, old, new, at=context.at, keep=context.token)
    except LoginRefusedError as exc:
        status = 429 if isinstance(exc, TooManyAttemptsError) else 400
        return render(request, "account.html", status=status, fault=exc.what, done="")
    except UsageError as exc:
        fault = " ".join(filter(None, (exc.what, exc.expected and f"Expected: {exc.expected}.")))
        return render(request, "account.html", status=400, fault=fault, done="")
    return render(
        request, "account.html", fault="", done=tell(request, "Your password is changed. Your other sessions ended.")
    )


@router.post("/account/language")
def speak(
    request: Request,
    _: Annotated[RequestContext, Depends(guard.request_context)],
    language: Annotated[str, Form()] = "",
) -> Response:
    """Keep the language of the console in this browser."""
    if language not in LANGUAGES:
        raise UsageError("Unsupported language.", expected="one of " + ", ".join(LANGUAGES))
    response = RedirectResponse("/account", status_code=303)
    guard.set_cookie(request, response, COOKIE, language, life=KEPT)
    return response
