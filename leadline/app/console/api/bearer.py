"""Who asks the API: the user of a bearer token, with the token's scopes. Cookies count for nothing here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from leadline.access.row_scope import scope_of
from leadline.access.tokens import id_of
from leadline.app.console.api.rate_limit import Pace
from leadline.app.console.guard import RequestContext
from leadline.app.console.language import preferred
from leadline.app.console.services import services_of

_SCHEME = HTTPBearer(auto_error=False, scheme_name="token", description="leadline users token LOGIN --scope …")

Sent = Annotated[HTTPAuthorizationCredentials | None, Depends(_SCHEME)]


def request_context(request: Request, sent: Sent) -> RequestContext:
    """Return who asks.

    Raises:
        HTTPException: 401, there is no token, or it is not valid (any more); 429, it asked too often.
    """
    services = services_of(request)
    at = services.now()
    user = services.access.user_of_token(sent.credentials, at=at) if sent else None
    if user is None or sent is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    pace: Pace = request.app.state.pace
    seconds = pace.wait(id_of(sent.credentials), at=at)
    if seconds:
        raise HTTPException(429, headers={"Retry-After": str(seconds)})
    return RequestContext(user, "", at, services.access, scope_of(user))


def language(
    accept_language: Annotated[str, Header(max_length=200, description="The language of texts: en or de.")] = "",
) -> str:
    """Return the language in which texts are answered."""
    return preferred(accept_language)


def requires(permission: str) -> Callable[[RequestContext], RequestContext]:
    """Return a dependency that lets in tokens with a scope; the user's roles must grant it too."""

    def allowed(context: Annotated[RequestContext, Depends(request_context)]) -> RequestContext:
        if not context.user.may(permission):
            raise HTTPException(403, f"This needs the permission {permission}, which this token does not have.")
        return context

    return allowed
