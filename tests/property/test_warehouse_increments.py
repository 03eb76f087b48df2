"""An incremental build equals a full build, table by table and to the byte.

Few schedules by default; fifty, in parts that workers share, with HYPOTHESIS_PROFILE=night in the environment.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from leadline.kernel.home import open_home
from leadline.warehouse.build import build
from leadline.warehouse.snapshot import Snapshot
from tests.support.schedules import Schedule, deliver, schedules

NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "night"
SCHEDULES, PARTS = (50, 10) if NIGHT else (1, 1)

# An entry recorded late comes between two deliveries that said the same: the second one is a version again.
UNFOLDED: Schedule = (
    [("time_entry", 0, 1, 0, False), ("time_entry", 0, 1, 4, False), ("project", 1, 0, 0, False)],
    [("time_entry", 0, 2, 2, False)],
)
# A batch of deletions only.
GONE: Schedule = (
    [("invoice", 0, 1, 0, False), ("payment", 0, 0, 1, False), ("invoice_line", 0, 0, 1, False)],
    [("invoice", 0, 1, 5, True), ("payment", 0, 0, 5, True)],
)
# A rate given twice for one moment: the later line holds, the earlier one never did.
TWICE_AT_ONCE: Schedule = (
    [("rate_card", 0, 1, 0, False), ("rate_card", 0, 2, 0, False)],
    [("rate_card", 0, 0, 0, False), ("rate_card", 0, 1, 3, False)],
)
# What was known last is reported as known a day before: the day that the warehouse speaks of moves back.
DAY_BACK: Schedule = (
    [("time_entry", 0, 1, 0, False), ("project", 1, 0, 1, False), ("payment", 0, 0, 30, False)],
    [("payment", 0, 0, 2, False)],
    [("account", 0, 0, 3, False)],
)


@pytest.mark.parametrize("schedule", [UNFOLDED, GONE, TWICE_AT_ONCE, DAY_BACK])
def test_a_warehouse_updated_by_a_written_schedule_is_the_one_built_from_nothing(schedule: Schedule) -> None:
    _assert_updated_is_whole(schedule)


# Schedules cost a minute each, so a failing one is shown as it is, not made smaller.
@pytest.mark.parametrize("part", range(PARTS))
@settings(
    max_examples=SCHEDULES // PARTS,
    phases=[Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(schedule=schedules)
def test_a_warehouse_updated_batch_by_batch_is_the_one_built_from_nothing(part: int, schedule: Schedule) -> None:  # noqa: ARG001
    _assert_updated_is_whole(schedule)


def _assert_updated_is_whole(schedule: Schedule) -> None:
    with TemporaryDirectory() as folder:
        steps, whole = _updated_and_whole(Path(folder), schedule)
        updated = steps[-1]
        assert [step.manifest["built_from"] for step in (*steps[1:], whole)] == [
            *(step.folder.name for step in steps[:-1]),
            None,
        ]
        assert updated.snapshot_id == whole.snapshot_id
        differ = [name for name in whole.tables if updated.manifest["tables"][name] != whole.manifest["tables"][name]]
        assert differ == []
        updated.verify()


def _updated_and_whole(folder: Path, schedule: Schedule) -> tuple[list[Snapshot], Snapshot]:
    """Build after each batch that brings anything, then once from nothing."""
    home = open_home(folder / "home", create=True)
    steps: list[Snapshot] = []
    for number, batch in enumerate(schedule):
        deliver(home, batch, number=number)
        built = build(home)
        if not steps or built.folder != steps[-1].folder:
            steps.append(built)
    return steps, build(home, force=True)
