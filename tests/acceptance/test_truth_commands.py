"""The commands that measure: simulate --report and evaluate --truth, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadline.app.wiring import Parts
from tests.support.cli import leadline

REAL = Parts()
PROMISED = (
    "billable utilization",
    "project margin",
    "DSO",
    "on-time delivery",
    "pipeline coverage",
    "attrition",
    "dispute rate",
    "disputes: price",
    "flaggable lines",
    "true flags",
    "leakage",
    "late payment",
    "cost overrun, p99",
    "win: observable-Bayes",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small firm that was simulated and measured."""
    out = tmp_path_factory.mktemp("worlds") / "xs-7"
    result = leadline("--debug", "simulate", "--size", "xs", "--seed", "7", "--out", out, "--report", parts=REAL)
    assert result.exit_code == 0, result.stderr
    assert "rows a second" in result.stderr
    assert "Beside the industry" in result.stdout
    return out


def test_the_report_names_every_figure_with_the_industrys_range(world: Path) -> None:
    report = json.loads((world / "report" / "report.json").read_text("utf-8"))
    rows = {row["name"]: row for section in report.values() for row in section}
    assert [name for name in PROMISED if name not in rows] == []
    assert all(row["definition"] and row["low"] < row["high"] for row in rows.values())
    page = (world / "report" / "report.html").read_text("utf-8")
    assert "data:image/png;base64," in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_same_firm_measured_again_gives_the_same_bytes(world: Path) -> None:
    before = {path.relative_to(world): path.read_bytes() for path in world.rglob("*") if path.is_file()}
    result = leadline("simulate", "--size", "xs", "--seed", "7", "--out", world, "--report", parts=REAL)
    assert result.exit_code == 0, result.stderr
    assert {path.relative_to(world): path.read_bytes() for path in world.rglob("*") if path.is_file()} == before


def test_scores_are_judged_beside_what_can_be_known(world: Path, tmp_path: Path) -> None:
    words = ("evaluate", "pipeline_capacity", "--truth", world, "--seeds", "1", "--home", tmp_path / "home")
    result = leadline("--debug", *words, "--format", "json", parts=REAL)
    assert result.exit_code == 0, result.stderr
    rows = {row["metric"]: row for row in json.loads(result.stdout)}
    assert set(rows) == {"win_auc↑", "win_brier↓", "crps_13_weeks↓"}
    assert rows["win_auc↑"]["model"] < rows["win_auc↑"]["ceiling"] + 0.1
    written = tmp_path / "home" / "evaluations" / "truth"
    assert {path.suffix for path in written.glob("pipeline_capacity.*")} == {".json", ".md", ".png"}
    again = leadline("--debug", *words, parts=REAL)
    assert again.exit_code == 0, again.stderr
    assert "Build" not in again.stderr  # the world is built once


def test_a_folder_without_worlds_is_refused_with_the_commands_that_make_them(tmp_path: Path) -> None:
    result = leadline("evaluate", "--truth", tmp_path / "none", "--home", tmp_path / "home", parts=REAL)
    assert result.exit_code == 2
    assert "leadline simulate --size s --seed 1" in result.stderr
