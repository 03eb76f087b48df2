"""What is read of the registry without mlflow is what its client says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from leadline import tracking
from leadline.tracking.recorded import versions
from leadline.tracking.store import open_mlflow
from tests.support.mlflow_home import mlflow_home

SCORE = "invoice_dispute"


def test_versions_aliases_tags_and_figures_are_those_of_the_client(tmp_path: Path) -> None:
    home = mlflow_home(tmp_path / "home")
    for number in (1, 2):
        tracking.register(
            home,
            SCORE,
            {"model.txt": f"tree {number}"},
            tracking.Run(
                f"run {number}",
                params={"seed": number},
                metrics={"auc↑/model": 0.7 + number, "auc↑/rule_pack": None, "precision_at_60_a_week↑/model": 0.1},
                tags={"gate": f"passed {number}"},
            ),
        )
    tracking.promote(home, SCORE, "1")
    tracking.promote(home, SCORE, "2", alias=tracking.CHALLENGER)
    found = versions(home, SCORE)
    client = open_mlflow(home).MlflowClient()
    said = sorted(client.search_model_versions(f"name = '{SCORE}'"), key=lambda one: -int(one.version))
    assert [one.version for one in found] == [str(one.version) for one in said] == ["2", "1"]
    assert [one.aliases for one in found] == [("challenger",), ("champion",)]
    for ours, theirs in zip(found, said, strict=True):
        run = client.get_run(theirs.run_id)
        assert dict(ours.tags) == theirs.tags
        assert dict(ours.params) == run.data.params
        assert {f"{m}/{c}": v for m, row in ours.figures.items() for c, v in row.items()} == run.data.metrics
        assert ours.registered_at.timestamp() * 1000 == pytest.approx(theirs.creation_timestamp)
    assert versions(home, "margin_erosion") == []
    assert versions(mlflow_home(tmp_path / "other"), SCORE) == []


def test_reading_does_not_import_mlflow() -> None:
    code = "import sys, leadline.tracking.recorded; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
