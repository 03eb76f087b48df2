"""Do what a changing request asks for, once: the answer is kept with the action, and a repeat gets it again."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import Header, Response
from pydantic import BaseModel

from leadline.access import idempotency
from leadline.access.idempotency import KeyedRequest, StoredResponse
from leadline.app.console import actions
from leadline.app.console.actions import Action, StaleVersionError
from leadline.app.console.api import problems
from leadline.app.console.dossier import renderer
from leadline.app.console.guard import RequestContext
from leadline.kernel.errors import UsageError
from leadline.queue.records import as_record, canonical

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,200}$",
        description="Your own name for this request, such as a UUID. Sent again with the same body, it is answered as"
        " the first time and done once; with another body it is refused.",
    ),
]


def once(context: RequestContext, key: str, name: str, action: Action, body: BaseModel, *, language: str) -> Response:
    """Do a action and return the exception as it then is, or what hindered it; a repeat gets the first answer again.

    Raises:
        HTTPException: 404, there is no such exception within scope. Nothing is kept, nor when the store fails.
        KeyReusedError: the key came before, with another request.
    """
    what = canonical([name, action.external_id, body.model_dump(mode="json")])
    asking = KeyedRequest(context.user.login, key, what)
    with context.store.writing(at=context.at) as connection:
        first = idempotency.find(connection, asking, at=context.at)
        if first is not None:
            return problems.response(first, **{"Idempotency-Replayed": "true"})
        try:
            with connection.begin_nested():
                now = actions.do_within(connection, context, action)
            answer = StoredResponse(200, json.dumps(as_record(now, renderer(context, language)), ensure_ascii=False))
        except StaleVersionError as exc:
            answer = problems.stale(exc)
        except UsageError as exc:
            answer = problems.refused(exc, status=409)
        idempotency.keep(connection, asking, answer, at=context.at)
    return problems.response(answer)
