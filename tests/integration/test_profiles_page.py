"""The page about integration profiles shows what the command gives for the demo firm, to the word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from leadline.app.wiring import Parts
from leadline.kernel.settings import PROFILES
from leadline.warehouse.snapshot import Snapshot
from tests.support.cli import leadline, tree

PAGE = Path(__file__).resolve().parents[2] / "docs" / "profiles.md"


@pytest.fixture(scope="module")
def snapshot(demo_known: Callable[[Any], Snapshot]) -> Snapshot:
    return demo_known(None)


def test_the_page_ends_with_the_tables_that_the_command_writes(snapshot: Snapshot, tmp_path: Path) -> None:
    home = snapshot.folder.parents[2]
    before = tree(home / "warehouse")
    result = leadline("profiles", "--home", home, "--out", tmp_path / "page.md", parts=Parts())
    assert result.exit_code == 0, result.stderr
    written = (tmp_path / "page.md").read_text("utf-8")
    shown = PAGE.read_text("utf-8")
    tables = shown[shown.index(written.partition("\n")[0]) :]
    assert tables == written, "leadline profiles --out gives other tables: put them at the end of docs/profiles.md"
    assert tree(home / "warehouse") == before


def test_one_build_knows_what_the_others_would_decide(snapshot: Snapshot) -> None:
    effect, golden = (snapshot.mart(name).collect() for name in ("gov_profile_effect", "golden_attribute"))
    key = ["object_type", "object_id", "attribute"]
    active = effect["active_profile"].unique().item()
    both = effect.join(golden, on=key, how="left")
    assert active in PROFILES
    assert both["winning_value"].to_list() == both[f"{active}_value"].to_list()
    values = pl.concat_list(pl.col(f"{name}_value").str.to_lowercase() for name in PROFILES)
    assert effect.filter((values.list.n_unique() > 1) != pl.col("value_differs")).height == 0
    assert effect["value_differs"].sum() > 0
