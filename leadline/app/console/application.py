"""Assemble the console: pages, API, request guards, static files and error pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from leadline.access.oidc import Provider
from leadline.access.service import Access
from leadline.app.console import guard
from leadline.app.console.api.application import PATH, make_api
from leadline.app.console.capacity_forecasts import CapacityForecasts
from leadline.app.console.model_history import ModelHistory
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
from leadline.app.console.services import Services
from leadline.app.console.size import SizeLimit
from leadline.app.console.staffing import StaffingPlans
from leadline.app.console.warehouse import PublishedWarehouse

PAGES = (
    *(log_in, by_provider, first_admin, set_password, account, worklist, export, exception),
    *(figures_export, overview, capacity, staffing, leakage, search, record_lists, project, records, controls),
    *(models, audit, users),
)
STATIC = Path(__file__).parent / "static"


def make_application(
    access: Access,
    *,
    now: Callable[[], datetime],
    is_local: bool = True,
    warehouse: Path | None = None,
    forecasts: CapacityForecasts | None = None,
    staffing: StaffingPlans | None = None,
    models: ModelHistory | None = None,
    provider: Provider | None = None,
) -> FastAPI:
    """Return the console as an ASGI application.

    Args:
        access: users, and behind them the queue's store.
        now: the clock; each request is handled as of one moment.
        is_local: bound to loopback, where plain HTTP cannot be overheard; elsewhere cookies require HTTPS.
        warehouse: the folder of published snapshots; without one the pages that read it say so.
        forecasts: capacity forecasts; without them the capacity page says that there are none.
        staffing: staffing plans; without them the staffing page says that there are none.
        models: versions and evaluations of the risk models; without them their pages are empty.
        provider: the OpenID Connect provider to log in by; None allows passwords only.
    """
    app = FastAPI(
        title="Leadline", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(guard.check_post)]
    )
    app.state.services = Services(access, now, PublishedWarehouse(warehouse), forecasts, staffing, models, provider)
    app.state.is_local = is_local
    for page in PAGES:
        app.include_router(page.router)
    api = make_api()
    api.state.services, api.state.is_local = app.state.services, is_local
    app.mount(PATH, api)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(SizeLimit)
    app.middleware("http")(guard.add_headers)
    errors.handle(app)
    return app
