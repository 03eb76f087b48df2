"""A console on a small store, and browsers that are logged in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx import Response
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from leadline.access.oidc import Provider
from leadline.access.service import Access
from leadline.app.console.application import make_application
from leadline.app.console.capacity_forecasts import CapacityForecasts
from leadline.app.console.model_history import ModelHistory
from leadline.app.console.staffing import StaffingPlans
from leadline.kernel.findings import ScoredException
from leadline.queue.store import Store
from scoring.evidence import Evidence
from scoring.readers import narratives_of
from tests.support.access import PASSWORD, quick, somebody
from tests.support.queue import AT, drawn

ENTITIES = ("DE", "FR", "NL", None)
PEOPLE_SCORE = "time_expense_anomaly"


@dataclass
class Clock:
    """A clock that tests turn."""

    at: datetime = AT

    def now(self) -> datetime:
        """Return what it shows."""
        return self.at


class SharedRoutes:
    """An application that answers by the routes of the first one: building all of them takes longer than most tests.

    Each request swaps in the state of its own application. So requests to two consoles must not overlap.
    """

    _first: ClassVar[FastAPI | None] = None

    def __init__(self, own: FastAPI) -> None:
        SharedRoutes._first = SharedRoutes._first or own
        self.first = SharedRoutes._first
        self.states = [one.state for one in _with_api(own)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        for shared, state in zip(_with_api(self.first), self.states, strict=True):
            shared.state = state
        await self.first(scope, receive, send)


def _with_api(site: FastAPI) -> tuple[FastAPI, ...]:
    """Return the application of the pages and the one of the API that is mounted in it."""
    return (site, *(one.app for one in site.routes if isinstance(one, Mount) and isinstance(one.app, FastAPI)))


@dataclass
class Console:
    """The store, the door and the application; ``browser`` opens another browser."""

    store: Store
    access: Access
    clock: Clock
    warehouse: Path | None = None
    forecasts: CapacityForecasts | None = None
    staffing: StaffingPlans | None = None
    models: ModelHistory | None = None
    provider: Provider | None = None
    _application: SharedRoutes | None = None

    def application(self) -> SharedRoutes:
        """Return the application, the same one each time."""
        if self._application is None:
            made = make_application(
                self.access,
                now=self.clock.now,
                warehouse=self.warehouse,
                forecasts=self.forecasts,
                staffing=self.staffing,
                models=self.models,
                provider=self.provider,
            )
            self._application = SharedRoutes(made)
        return self._application

    def browser(self, login: str = "") -> Browser:
        """Return a browser, logged in when a login is given."""
        client = TestClient(
            self.application(), follow_redirects=False, raise_server_exceptions=False, base_url="http://127.0.0.1"
        )
        browser = Browser(client)
        if login:
            client.cookies.set("leadline-session", self.access.log_in(login, PASSWORD, at=self.clock.at))
        return browser

    def program(self, login: str = "", *scopes: str) -> Program:
        """Return a program with a token of a user, of all they may do unless scopes are named."""
        client = TestClient(
            self.application(), follow_redirects=False, raise_server_exceptions=False, base_url="http://127.0.0.1"
        )
        if not login:
            return Program(client, "")
        user = next(user for user in self.access.users() if user.login == login)
        given = scopes or tuple(user.permissions)
        token, _ = self.access.make_token(login, scopes=given, days=1, actor="test", at=self.clock.at)
        return Program(client, token)


class Browser:
    """A browser that fills in forms as a person would: with the token of the page it looked at."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self._tokens: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Response:
        """Open a page."""
        return self.client.get(path, headers=headers)

    def csrf(self) -> str:
        """Return the token that the pages of this browser carry; it stays the same as long as its cookies do."""
        cookies = str(sorted(self.client.cookies.items()))
        if cookies not in self._tokens:
            found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.client.get("/log-in").text)
            assert found is not None
            self._tokens[str(sorted(self.client.cookies.items()))] = found[1]
            return found[1]
        return self._tokens[cookies]

    def post(self, path: str, **fields: str | list[str]) -> Response:
        """Send a form."""
        return self.client.post(path, data={"csrf": self.csrf()} | fields)


def routes_of(routes: Iterable[BaseRoute]) -> set[str]:
    """Return all routes as method and path, also those of routers that were included."""
    found = set()
    for one in routes:
        included = getattr(one, "original_router", None)  # how FastAPI keeps a router that was included
        found |= routes_of(included.routes) if included else set()
        found |= {f"{method} {one.path}" for method in one.methods} if isinstance(one, APIRoute) else set()
    return found


def console_on(store: Store) -> Console:
    """Return a console on a store."""
    return Console(store, quick(store), Clock())


def everyone(console: Console) -> None:
    """Add a user for each role and scope, all legal entities or one of them: ``operator-all``, ``operator-de``, …"""
    from leadline.access.permissions import ROLES

    for role in ROLES:
        somebody(console.access, f"{role}-all", role)
        for entity in filter(None, ENTITIES):
            somebody(console.access, f"{role}-{entity.lower()}", role, legal_entities=(entity,))


def exceptions() -> list[ScoredException]:
    """Return one exception per legal entity (and one of none), about an invoice and about a person."""
    made = []
    for number, entity in enumerate(ENTITIES, start=1):
        for score in ("invoice_dispute", PEOPLE_SCORE):
            worth = {"expected_value": Decimal(f"{number}000.00")}
            name = f"{score}-{entity or 'none'}"
            one = drawn(name, score=score, legal_entity_id=entity, title=f"About {name}", scored=worth)
            made.append(replace(one, narratives=narratives_of(one.finding, due_at=one.due_at, evidence=Evidence())))
    return made


class Program:
    """A program that asks the API with a token; each change has a key of its own unless one is given."""

    def __init__(self, client: TestClient, token: str) -> None:
        self.client, self.token, self.keys = client, token, 0

    def headers(self) -> dict[str, str]:
        """Return the header that says who asks."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def get(self, path: str, **params: str | int) -> Response:
        """Read something below ``/api/v1``."""
        return self.client.get(f"/api/v1{path}", params=params, headers=self.headers())

    def post(self, path: str, *, key: str = "", **body: object) -> Response:
        """Change something below ``/api/v1``."""
        self.keys += 1
        headers = self.headers() | {"Idempotency-Key": key or f"key-{self.keys}", "Content-Type": "application/json"}
        return self.client.post(f"/api/v1{path}", content=json.dumps(body), headers=headers)
