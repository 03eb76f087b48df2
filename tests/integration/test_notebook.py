"""The analysts' notebook answers its ten questions from the demo firm's snapshot, without network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "notebooks" / "ten_questions.py"
QUESTIONS = [
    *("utilization", "realization", "leakage", "ageing", "days_sales_outstanding", "handoff_readiness"),
    *("pipeline_capacity", "margin_forecast", "integration_failures", "master_data"),
]
MAY_BE_EMPTY = {"master_data"}  # systems may agree

# Runs the notebook as a script where every connection to another machine fails, and tells the charts' rows and marks.
RUN = f"""
import json, runpy, socket

def refuse(self, address):
    raise OSError(f"no network here: {{address}}")

socket.socket.connect = refuse
app = runpy.run_path({str(NOTEBOOK)!r})["app"]
_, defined = app.run()
charts = {{name: chart.to_dict() for name, chart in defined["charts"].items()}}
print("CHARTS " + json.dumps({{n: sum(map(len, c["datasets"].values())) for n, c in charts.items()}}))
"""


@pytest.fixture(scope="module")
def environment(demo_known: Callable[[Any], Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = demo_known(None).folder.parents[2]
    own = {"LEADLINE_HOME": str(home), "HOME": str(tmp_path_factory.mktemp("user")), "MARIMO_SKIP_UPDATE_CHECK": "1"}
    return dict(os.environ) | own


def test_the_notebook_runs_as_a_script_without_network_and_draws_ten_charts(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.rsplit("CHARTS ", 1)[1])
    assert list(rows) == QUESTIONS
    assert {name for name, count in rows.items() if count == 0} <= MAY_BE_EMPTY


def test_the_exported_page_holds_ten_charts_and_no_fault(environment: dict[str, str], tmp_path: Path) -> None:
    page = tmp_path / "ten.html"
    marimo = Path(sys.executable).with_name("marimo")
    done = subprocess.run(
        [str(marimo), "-q", "export", "html", str(NOTEBOOK), "-o", str(page)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"application/vnd\.vegalite", page.read_text("utf-8"))) == len(QUESTIONS)


def test_the_notebook_changes_nothing_in_the_home(environment: dict[str, str]) -> None:
    home = Path(environment["LEADLINE_HOME"])
    before = {path: path.stat().st_mtime_ns for path in (home / "warehouse").rglob("*")}
    subprocess.run([sys.executable, str(NOTEBOOK)], capture_output=True, check=True, env=environment)
    assert {path: path.stat().st_mtime_ns for path in (home / "warehouse").rglob("*")} == before
