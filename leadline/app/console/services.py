"""The services that all pages and API routes share: one object per application, kept in its state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from fastapi import Request

from leadline.access.oidc import Provider
from leadline.access.service import Access
from leadline.app.console.capacity_forecasts import CapacityForecasts
from leadline.app.console.model_history import ModelHistory
from leadline.app.console.staffing import StaffingPlans
from leadline.app.console.warehouse import PublishedWarehouse


@dataclass(frozen=True)
class Services:
    """What the console was given; None means that the pages which need it say that it is missing.

    Attributes:
        access: users, and behind them the queue's store.
        now: the clock.
        warehouse: the published snapshots.
        forecasts: capacity forecasts.
        staffing: staffing plans.
        models: registered versions and evaluations of the risk models.
        provider: the OpenID Connect provider that people may log in by.
    """

    access: Access
    now: Callable[[], datetime]
    warehouse: PublishedWarehouse
    forecasts: CapacityForecasts | None = None
    staffing: StaffingPlans | None = None
    models: ModelHistory | None = None
    provider: Provider | None = None


def services_of(request: Request) -> Services:
    """Return the services of the application that answers a request."""
    return cast("Services", request.app.state.services)
