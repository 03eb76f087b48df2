"""The published warehouse as the console reads it: the latest snapshot, through views of each user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from leadline.access.users import User
from leadline.access.warehouse_scope import WarehouseScope, selects_of, warehouse_scope_of
from leadline.kernel.errors import HomeError
from leadline.warehouse.publish import CURRENT
from leadline.warehouse.snapshot import open_current
from leadline.warehouse.views import Row, Views


class NothingPublished(Exception):  # noqa: N818 (no error: it leads to a page that says what to run)
    """There is no published warehouse yet."""


class PublishedWarehouse:
    """The latest published snapshot; a new one is used from the next request on."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder of the warehouse; without one nothing is ever published."""
        self._folder = folder
        self._lock = Lock()
        self._opened: tuple[Path, Views] | None = None

    def open(self, user: User) -> ScopedSnapshot:
        """Return the snapshot as a user sees it.

        Raises:
            NothingPublished: there is none yet.
            IntegrityError: the published file is not what its manifest says.
        """
        views, figures = self._views(), warehouse_scope_of(user)
        views.open(figures, selects_of(figures, views.columns))
        return ScopedSnapshot(views, figures)

    def _views(self) -> Views:
        with self._lock:
            try:
                return self._current()
            except HomeError as exc:
                raise NothingPublished from exc

    def _current(self) -> Views:
        if self._folder is None:
            raise HomeError("This console has no warehouse.")
        folder = (self._folder / CURRENT).resolve()
        if self._opened is None or self._opened[0] != folder:
            snapshot = open_current(self._folder)
            self._opened = (snapshot.folder, Views(snapshot))
        return self._opened[1]


@dataclass(frozen=True)
class ScopedSnapshot:
    """One snapshot as one user may see it: all queries of a page read the same data within the user's row scope."""

    views: Views
    figures: WarehouseScope

    @property
    def snapshot_id(self) -> str:
        """Which data."""
        return self.views.snapshot.snapshot_id

    @property
    def as_of(self) -> datetime | None:
        """The latest moment of which anything was known, naive UTC."""
        return self.views.snapshot.known_until

    @property
    def built_at(self) -> datetime | None:
        """When the snapshot was built."""
        built_at = self.views.snapshot.manifest.get("built_at")
        return datetime.fromisoformat(built_at) if built_at else None

    @property
    def reporting_currency(self) -> str:
        """The currency of figures that are converted."""
        return self.views.snapshot.reporting_currency

    def rows(self, sql: str, *parameters: Any) -> list[Row]:
        """Return what a query finds; a table's name means the rows of it that this user may see."""
        return self.views.rows(self.figures, sql, parameters)

    def one(self, sql: str, *parameters: Any) -> Row | None:
        """Return the first row, None when there is none."""
        return next(iter(self.rows(sql, *parameters)), None)

    def has(self, table: str, column: str = "") -> bool:
        """Return whether the snapshot has a table, and a column of it: one built by an earlier version may lack it."""
        return table in self.views.columns and (not column or column in self.views.columns[table])
