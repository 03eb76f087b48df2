"""The published warehouse as the console reads it: the snapshot published last, each user by views of their own."""

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


class Warehouse:
    """The snapshot published last; a new one is followed from the next click on; pages being made finish theirs."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder of the warehouse; without one nothing is ever published."""
        self._folder = folder
        self._lock = Lock()
        self._opened: tuple[Path, Views] | None = None

    def look(self, user: User) -> Look:
        """Return the snapshot as a user sees it.

        Raises:
            NothingPublished: there is none yet.
            IntegrityError: the published file is not what its manifest says.
        """
        views, figures = self._views(), warehouse_scope_of(user)
        views.open(figures, selects_of(figures, views.columns))
        return Look(views, figures)

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
class Look:
    """One user's look at one snapshot: all queries of a page see the same data, within the user's sight."""

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
        told = self.views.snapshot.manifest.get("built_at")
        return datetime.fromisoformat(told) if told else None

    @property
    def reporting_currency(self) -> str:
        """The currency of figures that are converted."""
        return self.views.snapshot.reporting_currency

    def rows(self, sql: str, *parameters: Any) -> list[Row]:
        """Return what a query finds; a table's name stands for what this user sees of it now."""
        return self.views.rows(self.figures, sql, parameters)

    def one(self, sql: str, *parameters: Any) -> Row | None:
        """Return the first row, None when there is none."""
        return next(iter(self.rows(sql, *parameters)), None)

    def has(self, table: str, column: str = "") -> bool:
        """Return whether the snapshot has a table, and a column of it: one built by an earlier version may lack it."""
        return table in self.views.columns and (not column or column in self.views.columns[table])
