"""The size limit of request bodies, so that no client can exhaust the memory of the console."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The longest that a form or the API takes is a note of a few thousand characters for some hundred exceptions.
MOST_BYTES = 1024 * 1024


class SizeLimit:
    """Passes requests on, and ends the reading of one whose body grows too long: the answer is 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on; its body is counted as it is read, whatever length it claims."""
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)
