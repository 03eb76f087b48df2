"""Targets and time for tests of the delivery: in memory, without waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from leadline.delivery.backoff import RetryBudget
from leadline.delivery.dispatch import TargetReport, deliver
from leadline.delivery.folder import FolderTarget
from leadline.delivery.target import Send, Target
from leadline.queue.deliveries import Intake, Message
from leadline.queue.store import Store
from tests.support.queue import AT


class MemoryTarget:
    """A target that keeps what it took and asks ``fault`` first, which raises what is to go wrong."""

    def __init__(
        self,
        fault: Callable[[Message], None] = lambda _: None,
        *,
        name: str = "memory",
        intake: Intake = Intake.EVERYTHING,
    ) -> None:
        self.name = name
        self.intake = intake
        self.asked: list[tuple[str, datetime]] = []
        self.took: list[str] = []
        self.fault = fault

    @contextmanager
    def batch(self) -> Iterator[Send]:
        yield self._send

    def _send(self, message: Message, at: datetime) -> None:
        self.asked.append((message.key, at))
        self.fault(message)
        self.took.append(message.key)


def served(
    store: Store, *targets: Target, at: datetime = AT, patience: timedelta = timedelta(), retry_dead: bool = False
) -> list[TargetReport]:
    """Deliver at a frozen moment that only waiting moves on, without waiting for real."""
    return deliver(
        store, targets, pace=lambda: RetryBudget(lambda: at, lambda _: None, patience=patience), retry_dead=retry_dead
    )


def dropped(store: Store, folder: Path, *, at: datetime = AT, retry_dead: bool = False) -> TargetReport:
    """Deliver to a folder."""
    return served(store, FolderTarget(folder), at=at, retry_dead=retry_dead)[0]
