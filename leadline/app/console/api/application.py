"""Assemble the API: routes, problem responses, and the OpenAPI 3.1 document."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from leadline.app.console.api import problems, routes
from leadline.app.console.api.rate_limit import Pace

PATH = "/api/v1"
ABOUT = (
    "The exception queue for programs: list it, read an exception with its evidence, take, decide, give, take back."
    " See docs/api.md."
)


def make_api() -> FastAPI:
    """Return the API as an application of its own, to be mounted at :data:`PATH`; it needs no cookie and knows none."""
    api = FastAPI(title="Leadline", version="1", description=ABOUT, docs_url=None, redoc_url=None)
    api.state.pace = Pace()
    api.include_router(routes.router)
    problems.handle(api)

    def document() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _described(api)
        return api.openapi_schema

    api.openapi = document  # type: ignore[method-assign]
    return api


def _described(api: FastAPI) -> dict[str, Any]:
    """Return the document, with problems under the media type they are sent as."""
    document = get_openapi(title=api.title, version=api.version, description=api.description, routes=api.routes)
    document["servers"] = [{"url": PATH}]
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and "content" in answer:
                    answer["content"] = {problems.MEDIA_TYPE: answer["content"].pop("application/json")}
    return document
