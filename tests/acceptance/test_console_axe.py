"""Every page of the console in a real browser: axe-core finds nothing, light and dark, wide and on a small phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from leadline.access.permissions import ROLES
from leadline.app.console.application import make_application
from leadline.app.console.capacity_forecasts import SCORE, CapacityForecasts
from leadline.app.console.model_history import ModelHistory
from leadline.app.console.staffing import SCORE as STAFFING
from leadline.app.console.staffing import StaffingPlans
from leadline.kernel.home import Home
from leadline.kernel.settings import Settings
from leadline.queue.decisions import Verdict
from leadline.queue.store import Store
from tests.support import browser
from tests.support.access import PASSWORD, somebody
from tests.support.browser import ARGUMENTS, CHROMIUM
from tests.support.console import console_on, routes_of
from tests.support.console_warehouse import mark, publish_firm
from tests.support.model_book import SCORE as REGISTERED
from tests.support.model_book import TAGS, registry
from tests.support.pipeline_capacity_firm import AS_OF, drawn_pipeline
from tests.support.queue import AT, banded, drawn
from tests.support.staffing_firm import AS_OF as DESK_AS_OF
from tests.support.staffing_firm import small_desk

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from leadline.warehouse.snapshot import Snapshot

WIDTHS = (1280, 320)
FOUND = [drawn("INV-1"), drawn("INV-2"), banded(), drawn("INV-3", legal_entity_id="DE"), drawn("R1", score=STAFFING)]
# What stands for each part of an address that varies. A route with another part fails the test until it is named.
COLUMNS = ("project_id", "client_id", "opportunity_id", "person_id")
PARTS = {name: f"{name}-{mark('DE')}" for name in COLUMNS}
PARTS |= {"external_id": FOUND[0].external_id, "score": REGISTERED}
# What sends a file, or the browser to a provider.
NO_PAGES = ("/log-in/provider", "/log-in/provider/back")
FILES = (".csv", ".xlsx")
# Pages that a route alone does not show: filtered, decided, ended, wrong.
MORE = (
    "/worklist?q=nowhere",
    "/worklist?tab=mine",
    f"/worklist?state=all&done={FOUND[1].external_id}",
    f"/exceptions/{FOUND[1].external_id}",
    f"/exceptions/{FOUND[2].external_id}",
    "/worklist?tab=unheard",
    "/nothing",
    "/search?q=z",
    "/search?q=nowhere",
    "/people?sort=busy&q=nobody",
    "/staffing?request=R1",
    "/staffing?request=R1&pin=R2|P1&hold=P2&shift=R1|2",
    "/staffing?request=R1&pin=R1|P1&pin=R2|P1",
    "/capacity?by=week&lost=D001&win=150",
    "/controls?reconciliation=invoice_to_cash",
)


@dataclass(frozen=True)
class Served:
    """A console on a free port, the session of somebody with all roles, and the paths of all its pages."""

    base: str
    session: str
    paths: tuple[str, ...]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("axe")
    with Store(f"sqlite:///{folder / 'ops.db'}") as store:
        console = console_on(store)
        somebody(console.access, "ana", *ROLES)
        scored = {"invoice_dispute": AT, "margin_erosion": AT, SCORE: AS_OF, STAFFING: DESK_AS_OF}
        store.upsert(FOUND, at=AT, scored=scored)
        store.take(FOUND[0].external_id, by="ana", at=AT)
        store.decide(FOUND[1].external_id, Verdict("dismissed", "not_true", "ana"), at=AT)
        at = AT + timedelta(minutes=1)
        publish_firm(folder / "warehouse")
        forecasts = CapacityForecasts(lambda: cast("Snapshot", drawn_pipeline()), lambda: None)
        staffing = StaffingPlans(lambda: cast("Snapshot", small_desk()), lambda: None)
        application = make_application(
            console.access,
            now=lambda: at,
            warehouse=folder / "warehouse",
            forecasts=forecasts,
            staffing=staffing,
            models=_history(folder, console.store),
        )
        routes = (route.split() for route in sorted(routes_of(application.routes)))
        gets = [
            path for method, path in routes if method == "GET" and path not in NO_PAGES and not path.endswith(FILES)
        ]
        assert "/worklist" in gets
        paths = (*(path.format(**PARTS) for path in gets), *MORE)
        session = console.access.log_in("ana", PASSWORD, at=at)
        with browser.served(application) as base:
            yield Served(base, session, paths)


def _history(folder: Path, store: Store) -> ModelHistory:
    """Record a champion, a challenger and two nights."""
    home = Home(folder / "home", Settings())
    registry(home, (1, "champion", TAGS), (2, "challenger", TAGS))
    for night in range(2):
        at = AT + timedelta(days=night)
        health = [{"score": REGISTERED, "state": "ok", "why": "", "psi": 0.01}]
        run = store.journal.start("run", as_of=at, at=at)
        store.journal.finish(run, status="ok", at=at, as_of=at, details={"health": health})
    return ModelHistory(home)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("is_logged_in", [True, False], ids=["logged-in", "a-stranger"])
def test_axe_finds_nothing_on_any_page(served: Served, theme: str, is_logged_in: bool) -> None:
    from playwright.sync_api import sync_playwright

    faults: list[str] = []
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = chromium.new_context(color_scheme=theme)
        if is_logged_in:
            context.add_cookies([{"name": "leadline-session", "value": served.session, "url": served.base}])
        page = context.new_page()
        for path in served.paths:
            if not context.request.get(served.base + path).headers["content-type"].startswith("text/html"):
                continue  # a file
            page.goto(served.base + path)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                faults.extend(f"{path} at {width}: {fault}" for fault in _faults(page, width))
        chromium.close()
    assert not faults, "\n".join(faults)


def _faults(page: Page, width: int) -> Iterator[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]})
    for violation in found.response["violations"]:
        for node in violation["nodes"]:
            yield f"{violation['id']} ({violation['help']}): {node['html'][:200]}"
    if page.evaluate("document.documentElement.scrollWidth") > width:
        yield "wider than the window"
