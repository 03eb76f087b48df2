"""Request guards for every page: security headers, cookies, CSRF, authorization."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, unquote

from fastapi import HTTPException, Request, Response

from leadline.access.row_scope import scope_of
from leadline.access.secrets import digest, fresh
from leadline.access.service import Access
from leadline.access.users import User
from leadline.app.console.services import services_of
from leadline.queue.store import Store
from leadline.queue.worklist import RowScope

CSRF_FIELD = "csrf"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " object-src 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class LogInFirst(Exception):  # noqa: N818 (no error: it leads to the log-in page)
    """The request has no valid session; ``then`` is where to go after log-in."""

    def __init__(self, then: str) -> None:
        super().__init__(then)
        self.then = then


@dataclass(frozen=True)
class RequestContext:
    """The context of one authenticated request: user, session token, time, access and row scope."""

    user: User
    token: str
    at: datetime
    access: Access
    scope: RowScope

    @property
    def store(self) -> Store:
        """The queue."""
        return self.access.store


def request_context(request: Request) -> RequestContext:
    """Return the context of a request.

    Raises:
        LogInFirst: there is no session, or it has expired.
    """
    services = services_of(request)
    token, at = request.cookies.get(_name(request, "session"), ""), services.now()
    user = services.access.user_of_session(token, at=at) if token else None
    if user is None:
        raise LogInFirst(_wanted(request))
    request.state.user = user
    return RequestContext(user, token, at, services.access, scope_of(user))


def requires(permission: str) -> Callable[[Request], RequestContext]:
    """Return a dependency that requires a permission."""

    def allowed(request: Request) -> RequestContext:
        context = request_context(request)
        if not context.user.may(permission):
            raise HTTPException(
                403, f"This page requires the permission {permission}, which none of your roles grants."
            )
        return context

    return allowed


async def check_post(request: Request) -> None:
    """Refuse a POST without the CSRF token of its session.

    Raises:
        HTTPException: the form's token does not match the cookie.
    """
    if request.method in ("GET", "HEAD"):
        return
    form = await request.form()
    sent = str(form.get(CSRF_FIELD, ""))
    if not hmac.compare_digest(sent.encode(), csrf_of(request).encode()):
        raise HTTPException(403, "Invalid CSRF token: the form is not from this console, or your session has expired.")


def csrf_of(request: Request) -> str:
    """Return the CSRF token of forms: derived from the session cookie, before log-in from the visitor cookie."""
    secret = request.cookies.get(_name(request, "session")) or request.cookies.get(_name(request, "visitor"))
    if not secret:
        secret = getattr(request.state, "visitor", None) or fresh()
        request.state.visitor = secret
    return digest(f"csrf {secret}")


def keep_visitor(request: Request, response: Response) -> None:
    """Set the visitor cookie when a form was rendered for a browser without one."""
    made = getattr(request.state, "visitor", None)
    if made is not None:
        _set(request, response, "visitor", made)


def open_session(request: Request, response: Response, token: str) -> None:
    """Set the session cookie; it lasts until the browser or the store ends the session."""
    _set(request, response, "session", token)
    response.delete_cookie(_name(request, "visitor"), secure=_is_secure(request), httponly=True, samesite="lax")


def close_session(request: Request, response: Response) -> None:
    """Delete the session cookie."""
    response.delete_cookie(_name(request, "session"), secure=_is_secure(request), httponly=True, samesite="lax")


def session_token(request: Request) -> str:
    """Return the session's token as the browser sent it, valid or not."""
    return request.cookies.get(_name(request, "session"), "")


def cookie(request: Request, what: str) -> str:
    """Return the value of a cookie of ours, as the browser sent it; empty without one."""
    return unquote(request.cookies.get(_name(request, what), ""))


def set_cookie(request: Request, response: Response, what: str, value: str, *, life: timedelta) -> None:
    """Set a cookie that scripts cannot read and that expires."""
    _set(request, response, what, quote(value, safe=""), life)


def drop_cookie(request: Request, response: Response, what: str) -> None:
    """Delete one of our cookies."""
    response.delete_cookie(_name(request, what), secure=_is_secure(request), httponly=True, samesite="lax")


async def add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Add the security headers to a response; only static files may be cached."""
    return with_headers(request, await call_next(request))


def with_headers(request: Request, response: Response) -> Response:
    """Return a response with the security headers."""
    response.headers.update(HEADERS)
    is_static = request.url.path.startswith("/static/")
    response.headers["Cache-Control"] = "no-cache" if is_static else "no-store"
    return response


def local_path(text: str) -> str:
    """Return a path of this console as it was given; anything that could lead elsewhere becomes ``/``."""
    is_plain = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if is_plain else "/"


def _wanted(request: Request) -> str:
    if request.method != "GET":
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https" or not request.app.state.is_local


def _name(request: Request, what: str) -> str:
    """Return a cookie's name; the prefix lets no other host of the domain set it."""
    return f"__Host-leadline-{what}" if _is_secure(request) else f"leadline-{what}"


def _set(request: Request, response: Response, what: str, value: str, life: timedelta | None = None) -> None:
    name, ends = _name(request, what), None if life is None else int(life.total_seconds())
    secure = _is_secure(request)
    response.set_cookie(name, value, ends, httponly=True, samesite="lax", path="/", secure=secure)
