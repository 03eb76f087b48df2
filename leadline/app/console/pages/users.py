"""Users, for those who manage them: add, change, disable, and a code with which somebody sets their password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from leadline.access.permissions import GRANTED, PERMISSIONS, ROLES
from leadline.app.console import guard
from leadline.app.console.form import clean
from leadline.app.console.guard import RequestContext
from leadline.app.console.language import tell
from leadline.app.console.view import render
from leadline.kernel.errors import UsageError
from leadline.queue.worklist import RowScope

router = APIRouter(prefix="/users")

Admin = Annotated[RequestContext, Depends(guard.requires("manage_users"))]


@router.get("")
def show(request: Request, context: Admin) -> Response:
    """Show everybody, what their roles let them do, and the form that adds one."""
    return _page(request, context)


@router.post("/add")
def add(
    request: Request,
    context: Admin,
    login: Annotated[str, Form()] = "",
    role: Annotated[list[str] | None, Form()] = None,
    scope: Annotated[str, Form()] = "",
    legal_entities: Annotated[str, Form()] = "",
    person_id: Annotated[str, Form()] = "",
) -> Response:
    """Add a user without a password, and show the code with which they set it."""
    try:
        added = context.access.add(
            clean(login),
            roles=role or (),
            legal_entities=_scope(scope, legal_entities),
            person_id=clean(person_id) or None,
            actor=context.user.login,
            at=context.at,
        )
        code = context.access.password_code(added.login, actor=context.user.login, at=context.at)
    except UsageError as exc:
        return _page(request, context, fault=exc)
    return _page(
        request, context, done=tell(request, "{} is added.").format(added.login), code=code, code_for=added.login
    )


@router.post("/change")
def change(
    request: Request,
    context: Admin,
    login: Annotated[str, Form()] = "",
    role: Annotated[list[str] | None, Form()] = None,
    scope: Annotated[str, Form()] = "",
    legal_entities: Annotated[str, Form()] = "",
    person_id: Annotated[str, Form()] = "",
) -> Response:
    """Give a user other roles, another scope and person."""
    try:
        changed = context.access.change(
            clean(login),
            roles=role or (),
            legal_entities=_scope(scope, legal_entities),
            person_id=clean(person_id) or None,
            actor=context.user.login,
            at=context.at,
        )
    except UsageError as exc:
        return _page(request, context, fault=exc)
    return _page(
        request, context, done=tell(request, "{} is changed; it counts from their next click.").format(changed.login)
    )


@router.post("/disable")
def disable(request: Request, context: Admin, login: Annotated[str, Form()] = "") -> Response:
    """Keep a user out at once; one does not lock oneself out."""
    try:
        if clean(login) == context.user.login:
            raise UsageError("You cannot disable yourself.")
        disabled = context.access.disable(clean(login), actor=context.user.login, at=context.at)
    except UsageError as exc:
        return _page(request, context, fault=exc)
    return _page(request, context, done=tell(request, "{} is disabled; their sessions ended.").format(disabled.login))


@router.post("/enable")
def enable(request: Request, context: Admin, login: Annotated[str, Form()] = "") -> Response:
    """Let a user back in."""
    try:
        enabled = context.access.enable(clean(login), actor=context.user.login, at=context.at)
    except UsageError as exc:
        return _page(request, context, fault=exc)
    return _page(request, context, done=tell(request, "{} may log in again.").format(enabled.login))


@router.post("/code")
def code(request: Request, context: Admin, login: Annotated[str, Form()] = "") -> Response:
    """Show a code, this once, with which a user sets a new password."""
    try:
        made = context.access.password_code(clean(login), actor=context.user.login, at=context.at)
    except UsageError as exc:
        return _page(request, context, fault=exc)
    return _page(request, context, code=made, code_for=clean(login))


def _page(
    request: Request,
    context: RequestContext,
    *,
    fault: UsageError | None = None,
    done: str = "",
    code: str = "",
    code_for: str = "",
) -> Response:
    message = ""
    if fault is not None:
        message = " ".join([fault.what, *(f"Expected {one.expected}." for one in fault.faults)])
        message += f" Expected: {fault.expected}." if fault.expected else ""
    return render(
        request,
        "users.html",
        status=400 if fault else 200,
        users=context.access.users(),
        roles=ROLES,
        permissions=PERMISSIONS,
        granted=GRANTED,
        known_entities=context.store.worklist.choices(RowScope()).legal_entities,
        fault=message,
        done=done,
        code=code,
        code_for=code_for,
    )


def _scope(scope: str, legal_entities: str) -> list[str] | None:
    """Return the legal entities of a form, one a line or comma between; None when it says all."""
    if scope == "all":
        return None
    return [clean(name) for name in legal_entities.replace(",", "\n").splitlines()]
