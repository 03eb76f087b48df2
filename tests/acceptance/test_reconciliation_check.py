"""Reconciliations judged as a person would: a clean firm, a faulty one, and the command that compares."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from leadline.app.wiring import Parts
from leadline.simulator.book_faults import PLANTERS
from tests.support.cli import leadline

REAL = Parts()


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a clean and a faulty firm."""
    folder = tmp_path_factory.mktemp("worlds")
    for books, profile in (("clean", "agency"), ("faulty", "it_services")):
        result = leadline(
            *("simulate", "--size", "xs", "--seed", "4", "--profile", profile, "--books", books),
            *("--out", folder / books),
            parts=REAL,
        )
        assert result.exit_code == 0, result.stderr
    return folder


def test_faults_of_every_class_are_planted_in_the_faulty_firm_only(worlds: Path) -> None:
    assert pl.read_parquet(worlds / "clean" / "truth" / "book_faults-001.parquet").is_empty()
    planted = pl.read_parquet(worlds / "faulty" / "truth" / "book_faults-001.parquet")
    assert planted["finding_class"].n_unique() == len(PLANTERS)
    assert planted.select("finding_class", "object_id").is_unique().all()


def test_every_fault_is_found_to_the_cent_and_nothing_else(worlds: Path, tmp_path: Path) -> None:
    result = leadline("evaluate", "--books", worlds, "--home", tmp_path / "home", "--format", "json", parts=REAL)
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)
    assert {(row["recall"], row["precision"]) for row in rows} == {(1.0, 1.0)}
    assert rows[-1]["finding_class"] == "all classes"
    assert rows[-1]["planted"] > 2 * len(PLANTERS)


def test_a_firm_with_books_as_usual_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    simulated = leadline("simulate", "--size", "xs", "--out", tmp_path / "firm", parts=REAL)
    assert simulated.exit_code == 0, simulated.stderr
    result = leadline("evaluate", "--books", tmp_path / "firm", "--home", tmp_path / "home", parts=REAL)
    assert result.exit_code == 2
    assert "leadline simulate --books faulty" in result.stderr
    assert not (tmp_path / "home" / "worlds").exists()


def test_an_unknown_way_of_keeping_books_is_refused(tmp_path: Path) -> None:
    result = leadline("simulate", "--size", "xs", "--books", "tidy", "--out", tmp_path / "firm", parts=REAL)
    assert result.exit_code == 2
    assert "usual, clean, faulty" in result.stderr


def test_books_and_scores_are_not_judged_at_once(worlds: Path, tmp_path: Path) -> None:
    for other in (["--truth", worlds], ["margin_erosion"]):
        result = leadline("evaluate", *other, "--books", worlds, "--home", tmp_path / "home", parts=REAL)
        assert result.exit_code == 2
        assert "--books alone" in result.stderr
