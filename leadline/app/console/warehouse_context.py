"""Requests that read the warehouse: the request context together with the snapshot as its user sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from leadline.access.users import User
from leadline.app.console import guard
from leadline.app.console.guard import RequestContext
from leadline.app.console.services import services_of
from leadline.app.console.warehouse import ScopedSnapshot


@dataclass(frozen=True)
class WarehouseContext:
    """One request by a logged-in user, and their view of the published snapshot."""

    context: RequestContext
    snapshot: ScopedSnapshot

    @property
    def user(self) -> User:
        """The user who sent the request."""
        return self.context.user


def requires_warehouse(permission: str) -> Callable[..., WarehouseContext]:
    """Return a dependency that checks a permission and opens the published snapshot for the user."""

    allowed = guard.requires(permission)

    def opened(request: Request) -> WarehouseContext:
        context = allowed(request)
        return WarehouseContext(context, services_of(request).warehouse.open(context.user))

    return opened
