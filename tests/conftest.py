"""Fixtures that cost seconds and are therefore made once per run, across all workers."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import settings

# Few, always the same examples: a red run can be repeated. Nights may set HYPOTHESIS_PROFILE=night.
settings.register_profile("ci", max_examples=25, deadline=None, derandomize=True, database=None)
settings.register_profile("night", max_examples=500, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _firms_are_shared(shared_folder: Path) -> None:
    """Let tests.support.firm simulate each firm once per run, not once per worker."""
    os.environ["LEADLINE_TEST_SHARED_FOLDER"] = str(shared_folder)


@pytest.fixture(scope="session")
def demo_known(shared_folder: Path) -> Callable[[datetime | None], object]:
    """Give the demo firm's snapshot, whole (None) or cut at a moment."""
    from tests.support.demo import demo_snapshot

    return lambda as_of: demo_snapshot(shared_folder, as_of=as_of)
