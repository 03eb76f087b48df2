"""The demo firm's data graded: what the command shows is what the tables say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from leadline.app.wiring import Parts
from leadline.kernel.errors import HomeError
from leadline.kernel.scores import SCORES
from tests.support.cli import leadline


@pytest.fixture
def built(demo_known: Callable[[Any], Any], shared_folder: Path) -> tuple[Any, Path]:
    """Return the demo firm's snapshot and its home."""
    return demo_known(None), shared_folder / "full"


def test_every_kind_of_check_looks_at_rows_and_keeps_its_limits(built: tuple[Any, Path]) -> None:
    results = built[0].mart("gov_quality_result").collect()
    checks = built[0].mart("gov_quality_check").collect()
    assert checks.height >= 30
    assert set(results["kind"]) == {"structural", "logical", "analytical"}
    assert set(results["check_id"]) == set(checks["check_id"])
    limits = results.join(checks.select("check_id", "most_a", "most_b", "most_c"), on="check_id")
    share = pl.col("failing_rows") / pl.col("examined_rows")
    grade = pl.when(share <= pl.col("most_a").cast(pl.Float64)).then(pl.lit("A"))
    grade = grade.when(share <= pl.col("most_b").cast(pl.Float64)).then(pl.lit("B"))
    grade = grade.when(share <= pl.col("most_c").cast(pl.Float64)).then(pl.lit("C")).otherwise(pl.lit("F"))
    assert limits.filter(grade != pl.col("grade")).is_empty()


def test_the_command_shows_every_score_and_the_worst_first(built: tuple[Any, Path]) -> None:
    result = leadline("quality", "--home", built[1], "--format", "json", parts=Parts())
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)
    assert {row["product"] for row in rows if row["product_kind"] == "score"} == set(SCORES)
    assert [row["grade"] for row in rows] == sorted((row["grade"] for row in rows), reverse=True)
    assert all(bool(row["reasons"]) == (row["grade"] != "A") for row in rows)


def test_without_a_home_there_is_nothing_to_grade(tmp_path: Path) -> None:
    result = leadline("quality", "--home", tmp_path / "none", parts=Parts())
    assert result.exit_code == HomeError.exit_code
