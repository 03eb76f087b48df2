"""Put the console together: pages, guards, static files, and what is answered when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from leadline.access.door import Access
from leadline.access.oidc import Provider
from leadline.app.console import guard
from leadline.app.console.api.site import PATH, make_api
from leadline.app.console.model_book import Book
from leadline.app.console.outlooks import Outlooks
from leadline.app.console.pages import (
    account,
    audit,
    by_provider,
    capacity,
    controls,
    errors,
    exception,
    export,
    figures_export,
    first_admin,
    leakage,
    log_in,
    models,
    overview,
    project,
    record_lists,
    records,
    search,
    set_password,
    staffing,
    users,
    worklist,
)
from leadline.app.console.size import SizeLimit
from leadline.app.console.staffing import Staffing
from leadline.app.console.warehouse import Warehouse

PAGES = (
    *(log_in, by_provider, first_admin, set_password, account, worklist, export, exception),
    *(figures_export, overview, capacity, staffing, leakage, search, record_lists, project, records, controls),
    *(models, audit, users),
)
STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True)
class Site:
    """What all pages share: users and behind them the store, the clock, data, futures, desk, models, who vouches."""

    access: Access
    now: Callable[[], datetime]
    warehouse: Warehouse
    outlooks: Outlooks | None = None
    staffing: Staffing | None = None
    models: Book | None = None
    provider: Provider | None = None


def make_site(
    access: Access,
    *,
    now: Callable[[], datetime],
    is_local: bool = True,
    warehouse: Path | None = None,
    outlooks: Outlooks | None = None,
    staffing: Staffing | None = None,
    models: Book | None = None,
    provider: Provider | None = None,
) -> FastAPI:
    """Return the console as an ASGI application.

    Args:
        access: users, and behind it the queue's store.
        now: tells the moment of each click.
        is_local: bound to loopback, where plain HTTP cannot be overheard; elsewhere cookies demand HTTPS.
        warehouse: the folder that snapshots are published in; without one the pages that read it say so.
        outlooks: draws the pipeline's futures; without it the page on capacity says that there are none.
        staffing: looks at the staffing desk; without it the page on staffing says that there is none.
        models: what is recorded of the risk models; without it their pages say that nothing is.
        provider: by whom people may log in instead of by a password; None is nobody.
    """
    site = FastAPI(
        title="Leadline", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(guard.check_post)]
    )
    site.state.site = Site(access, now, Warehouse(warehouse), outlooks, staffing, models, provider)
    site.state.is_local = is_local
    for page in PAGES:
        site.include_router(page.router)
    api = make_api()
    api.state.site, api.state.is_local = site.state.site, is_local
    site.mount(PATH, api)
    site.mount("/static", StaticFiles(directory=STATIC), name="static")
    site.add_middleware(SizeLimit)
    site.middleware("http")(guard.add_headers)
    errors.handle(site)
    return site
