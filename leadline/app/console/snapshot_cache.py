"""What is slow to make of the published data, made once and kept until the data or the moment change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from leadline.kernel.errors import HomeError

if TYPE_CHECKING:
    from leadline.tracking import Champion
    from leadline.warehouse.snapshot import Snapshot

Made = TypeVar("Made")


class SnapshotCache(ABC, Generic[Made]):
    """Makes something of the published snapshot once per snapshot and as-of, whoever asks first.

    ``NEEDS`` are the entities without which there is nothing to make.
    """

    NEEDS: ClassVar[tuple[str, ...]]

    def __init__(self, open_current: Callable[[], Snapshot], champion: Callable[[], Champion | None]) -> None:
        self._open_current = open_current
        self._champion = champion
        self._lock = Lock()
        self._kept: tuple[tuple[datetime, str], Made] | None = None

    def get(self, as_of: datetime) -> Made | None:
        """Return what there is as of a moment; None where nothing is published, or the firm lacks what is needed.

        Raises:
            IntegrityError: the published data or the model's files are not what they were.
        """
        try:
            reader = self._open_current()
        except HomeError:
            return None
        if not all(reader.has(entity) for entity in self.NEEDS):
            return None
        wanted = as_of, reader.snapshot_id
        with self._lock:
            if self._kept is None or self._kept[0] != wanted:
                self._kept = wanted, self._make(reader, as_of, self._champion())
            return self._kept[1]

    @abstractmethod
    def _make(self, reader: Snapshot, as_of: datetime, champion: Champion | None) -> Made: ...
