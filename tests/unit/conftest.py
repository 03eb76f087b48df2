"""What the quick round does once instead of in each test."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from sqlalchemy import Pool, event
from starlette.testclient import TestClient

from leadline.queue import store
from tests.support.queue import migrate_by_copy


@pytest.fixture(scope="package", autouse=True)
def _tables_are_copied() -> Iterator[None]:
    """Copy the tables of each new store from one that was migrated (tests/integration tests the migrations)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "migrate", migrate_by_copy)
        yield


@pytest.fixture(scope="package", autouse=True)
def _one_event_loop() -> Iterator[None]:
    """Answer all requests of test clients in one event loop, instead of starting a thread with one for each."""
    with start_blocking_portal() as portal, pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestClient, "portal", portal)
        yield


@pytest.fixture(scope="package", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Let a commit return before its bytes are on the disk: a test's store need not outlive a power cut."""

    def hurry(connection: Any, *_: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("pragma synchronous = off")

    event.listen(Pool, "checkout", hurry)
    yield
    event.remove(Pool, "checkout", hurry)
