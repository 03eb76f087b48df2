"""Error responses of the API: all are ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from leadline.access.idempotency import KeyReusedError, StoredResponse
from leadline.app.console.actions import StaleVersionError
from leadline.app.console.dossier import timeline
from leadline.app.console.guard import with_headers
from leadline.app.console.view import visible
from leadline.kernel.errors import BusyError, LeadlineError, UsageError

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = "5"
# Titles, which also make the types: fixed here, since Python renames some from one version to the next.
TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Stale",
    413: "Too long",
    422: "Not valid",
    429: "Too many requests",
    500: "Internal error",
    503: "Busy",
}
DETAILS = {
    400: "The body is not valid JSON in UTF-8.",
    401: "A valid bearer token is required: Authorization: Bearer TOKEN.",
    403: "This token does not have the required permission.",
    404: "Not found, or it belongs to a legal entity that this token's user may not see.",
    405: "This path does not support that method.",
    413: "The body is larger than 1 MiB. Nothing was changed.",
    429: "Too many requests with this token. Retry after the number of seconds in Retry-After.",
    500: "Internal error; nothing was partially written. See the server's log.",
    503: "Another program is writing to the queue. Try again in a few seconds.",
}


class FaultResponse(BaseModel):
    """One thing wrong in a request."""

    where: str
    expected: str


class StepResponse(BaseModel):
    """One thing that happened to an exception since the version that was seen."""

    version: int
    at: str
    actor: str
    event: str


class DifferenceResponse(BaseModel):
    """One value that differs from the version that was seen."""

    what: str
    before: Any
    now: Any


class Problem(BaseModel):
    """What went wrong (RFC 9457); ``type`` tells programs which kind of problem it is."""

    type: str
    title: str
    status: int
    detail: str
    faults: list[FaultResponse] | None = None
    version: int | None = Field(None, description="stale: the version it has now")
    steps: list[StepResponse] | None = Field(None, description="stale: what happened since the version that was seen")
    differences: list[DifferenceResponse] | None = Field(
        None, description="stale: values that differ from that version"
    )


def problem(status: int, detail: str, *, kind: str = "", **more: Any) -> StoredResponse:
    """Return a problem as the answer it is sent and kept as."""
    title = TITLES.get(status, HTTPStatus(status).phrase)
    body = {
        "type": f"urn:leadline:problem:{kind or title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
        "detail": visible(detail),
    }
    return StoredResponse(status, json.dumps(body | more, ensure_ascii=False))


def stale(exc: StaleVersionError) -> StoredResponse:
    """Return a conflict: what happened since the version that was seen, and which values differ."""
    steps = [
        {"version": step.version, "at": f"{step.at:%Y-%m-%dT%H:%M:%SZ}", "actor": step.actor, "event": step.event}
        for step in timeline(exc.trail)
        if step.version > exc.version
    ]
    changed = [{"what": one.what, "before": one.before, "now": one.now} for one in exc.differences]
    by = f" by {exc.now.handled_by}" if exc.now.handled_by else ""
    detail = f"It is {exc.now.state}{by} now; nothing was changed."
    return problem(409, detail, version=exc.now.version, steps=steps, differences=changed)


def refused(exc: UsageError, *, status: int = 422) -> StoredResponse:
    """Return that a value is not valid (422), or that the exception's state does not allow the action (409)."""
    faults = [{"where": fault.where, "expected": fault.expected} for fault in exc.faults]
    faults += [{"where": exc.where, "expected": exc.expected}] if exc.expected else []
    return problem(status, exc.what, kind="not-possible" if status == 409 else "", faults=faults)


def response(answer: StoredResponse, **headers: str) -> Response:
    """Return an answer as it is sent."""
    media = "application/json" if answer.status < 400 else MEDIA_TYPE
    return Response(answer.body, answer.status, headers=headers, media_type=media)


def handle(app: FastAPI) -> None:
    """Register a response for every error that a route may raise."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _off)
    app.add_exception_handler(KeyReusedError, _reused)
    app.add_exception_handler(LeadlineError, _ours)
    app.add_exception_handler(Exception, _broken)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return statuses as routes document them: each is a problem."""
    always = (401, 403, 422, 429, 500, 503)
    return {status: {"model": Problem, "description": TITLES[status]} for status in (*always, *statuses)}


def _http(_: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    own = str(exc.detail) if isinstance(exc, HTTPException) and status == 403 else ""
    headers = dict(exc.headers or {}) if isinstance(exc, HTTPException) else {}
    return response(problem(status, own or DETAILS.get(status, HTTPStatus(status).phrase)), **headers)


def _reused(_: Request, __: Exception) -> Response:
    faults = [{"where": "Idempotency-Key", "expected": "a new key for each request, the same one only to repeat it"}]
    return response(problem(422, "That key was used for another request.", kind="key-reused", faults=faults))


def _off(_: Request, exc: Exception) -> Response:
    errors: Sequence[Any] = exc.errors() if isinstance(exc, RequestValidationError) else ()
    faults = [{"where": visible(".".join(map(str, one["loc"][:2]))), "expected": str(one["msg"])} for one in errors]
    return response(problem(422, "The request is not as the document describes it.", faults=faults))


def _ours(_: Request, exc: Exception) -> Response:
    if isinstance(exc, UsageError):
        return response(refused(exc))
    if isinstance(exc, BusyError):
        return response(problem(503, DETAILS[503]), **{"Retry-After": RETRY_SECONDS})
    return response(problem(500, DETAILS[500]))


def _broken(request: Request, _: Exception) -> Response:
    """Respond to an unexpected error; the middleware that adds headers is not on this path."""
    return with_headers(request, response(problem(500, DETAILS[500])))
