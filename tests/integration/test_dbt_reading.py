"""dbt's reading of the project is kept for every home, and is the same as reading it again."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import duckdb
import pytest

from leadline.kernel.project import root
from leadline.warehouse import parse_cache
from leadline.warehouse.dbt import DbtReport, run_dbt
from leadline.warehouse.snapshot import DATABASE

SEED = "tax_rate"
# What differs from build to build: where the landing is, the cut, the settings, what is new.
BUILDS: list[dict[str, Any]] = [
    {"landing": "/here", "as_of": "", "new_batches": ["a"], "changed_entities": ["person"]},
    {
        "landing": "/there",
        "as_of": "2026-01-01 00:00:00",
        "reporting_currency": "EUR",
        "integration_profile": "hub_and_spoke",
        "new_batches": ["b", "c"],
        "changed_entities": ["invoice", "payment"],
    },
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the dbt project without its unit tests, as a build makes it."""
    return _copied(tmp_path / "first" / "dbt")


def _copied(folder: Path) -> Path:
    copytree(root() / "dbt_project", folder, ignore=ignore_patterns("target", "logs", "*__rules.yml"))
    return folder


def _seed(project: Path, reading: Path) -> DbtReport:
    options = ["--no-write-json", "--profiles-dir", str(project), "--log-path", str(project / "logs")]
    database = {"LEADLINE_DATABASE": str(project.parent / DATABASE)}
    return run_dbt(["seed", "--select", SEED], options, project=project, environment=database, reading=reading)


def _rows(project: Path) -> int:
    with duckdb.connect(str(project.parent / DATABASE), read_only=True) as connection:
        counted = connection.execute(f"select count(*) from main_seeds.{SEED}").fetchone()
    return int(counted[0]) if counted else 0


def test_a_kept_reading_serves_another_copy_with_its_own_rows_and_a_damaged_one_is_made_again(
    project: Path, tmp_path: Path
) -> None:
    reading = tmp_path / "kept" / "reading.msgpack"
    assert _seed(project, reading).passed == {"seed": 1}
    first = reading.stat().st_ino
    other = _copied(tmp_path / "second" / "dbt")
    table = other / "seeds" / f"{SEED}.csv"
    table.write_text(table.read_text("utf-8").partition("\n")[0] + "\n", "utf-8")

    assert _seed(other, reading).passed == {"seed": 1}
    assert (_rows(project) > 0, _rows(other)) == (True, 0)
    assert reading.stat().st_ino == first

    reading.write_bytes(reading.read_bytes()[:-1])
    assert _seed(project, reading).passed == {"seed": 1}
    assert parse_cache.recall(reading, project=project) is not None


def test_every_increment_reads_the_project_alike(project: Path, tmp_path: Path) -> None:
    graphs = [_graph(project, tmp_path / f"target{number}", variables) for number, variables in enumerate(BUILDS)]
    assert graphs[0]["model.leadline.core_person"]["config"]["materialized"] == "incremental"
    assert graphs[0] == graphs[1]


def _graph(project: Path, target: Path, variables: dict[str, Any]) -> dict[str, Any]:
    """Return what a build takes from the reading: every node but when it was read, and every macro."""
    options = ["--vars", json.dumps(variables), "--profiles-dir", str(project), "--log-path", str(target)]
    database = {"LEADLINE_DATABASE": str(target / DATABASE)}
    run_dbt(["parse"], [*options, "--target-path", str(target)], project=project, environment=database)
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    nodes = {**manifest["nodes"], **manifest["macros"]}
    return {key: {name: said for name, said in node.items() if name != "created_at"} for key, node in nodes.items()}
