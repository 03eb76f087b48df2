"""The dbt project by hand: the shipped profile works; every mart is described, owned and proven by unit tests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from leadline.kernel.contracts import entities
from leadline.kernel.project import root
from leadline.warehouse.landing import MANIFESTS, Landing
from tests.support.warehouse_firm import landed_home

PROJECT = root() / "dbt_project"
STAGING_PROOF = "model.leadline.rec_source_to_core"


@dataclass(frozen=True)
class HandRun:
    """What ``dbt build`` by hand left: its manifest and what became of each node."""

    manifest: Mapping[str, Any]
    statuses: Mapping[str, str]
    home: Path
    target: Path
    output: str

    def nodes(self, *kinds: str) -> dict[str, Mapping[str, Any]]:
        everything = {**self.manifest["nodes"], **self.manifest["unit_tests"]}
        return {name: node for name, node in sorted(everything.items()) if node["resource_type"] in kinds}


@pytest.fixture(scope="module")
def hand_run(tmp_path_factory: pytest.TempPathFactory) -> HandRun:
    folder = tmp_path_factory.mktemp("by_hand")
    home = landed_home(folder / "home")
    home.warehouse.mkdir()
    target = folder / "target"
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "build", "--target-path", str(target), "--log-path", str(folder)],
        cwd=PROJECT,
        env={**os.environ, "LEADLINE_HOME": str(home.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    results = json.loads((target / "run_results.json").read_text("utf-8"))["results"]
    return HandRun(
        manifest=json.loads((target / "manifest.json").read_text("utf-8")),
        statuses={result["unique_id"]: result["status"] for result in results},
        home=home.path,
        target=target,
        output=done.stdout,
    )


def test_dbt_build_by_hand_passes_every_model_test_and_unit_test(hand_run: HandRun) -> None:
    # Of an exposure there is nothing to run; dbt lists it all the same.
    ran = {name: status for name, status in hand_run.statuses.items() if not name.startswith("exposure.")}
    wrong = {name: status for name, status in ran.items() if status not in ("success", "pass")}
    assert wrong == {}, hand_run.output[-3000:]
    assert set(ran) == set(hand_run.nodes("model", "seed", "test", "unit_test"))
    assert (hand_run.home / "warehouse" / "dev.duckdb").is_file()


def test_every_entity_is_a_source_that_its_staging_model_reads(hand_run: HandRun) -> None:
    sources = hand_run.manifest["sources"]
    assert {source["name"] for source in sources.values()} == set(entities())
    for name, source in sources.items():
        model = hand_run.manifest["nodes"][f"model.leadline.stg_{source['source_name']}__{source['name']}"]
        assert model["depends_on"]["nodes"] == [name]


def test_dbt_source_freshness_knows_fresh_late_and_absent_entities(hand_run: HandRun, tmp_path: Path) -> None:
    landing = Landing(hand_run.home / "landing")
    for batch in landing.batches():
        hours = entities()[batch.entity].freshness_hours
        late = timedelta(hours=hours + 1 if batch.entity == "invoice" else 0)
        manifest = landing.path / MANIFESTS / f"{batch.batch_id}.json"
        manifest.write_text(replace(batch, loaded_at=datetime.now(UTC) - late).to_json(), "utf-8")
    command = [sys.executable, "-m", "dbt.cli.main", "source", "freshness", "--select"]
    command += [
        "source:erp.invoice",
        "source:crm.account",
        "source:erp.payment",
        "--output",
        str(tmp_path / "found.json"),
    ]
    done = subprocess.run(
        [*command, "--target-path", str(hand_run.target), "--log-path", str(tmp_path)],
        cwd=PROJECT,
        env={**os.environ, "LEADLINE_HOME": str(hand_run.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    results = json.loads((tmp_path / "found.json").read_text("utf-8"))["results"]
    found = {one["unique_id"].removeprefix("source.leadline."): one["status"] for one in results}
    assert found == {"erp.invoice": "warn", "crm.account": "pass", "erp.payment": "warn"}


def test_dbt_says_nothing_is_deprecated(hand_run: HandRun) -> None:
    assert "deprecat" not in hand_run.output.lower()


def test_the_static_docs_are_one_file_that_loads_nothing(hand_run: HandRun, tmp_path: Path) -> None:
    generate = [sys.executable, "-m", "dbt.cli.main", "docs", "generate", "--static"]
    done = subprocess.run(
        [*generate, "--target-path", str(tmp_path), "--log-path", str(tmp_path)],
        cwd=PROJECT,
        env={**os.environ, "LEADLINE_HOME": str(hand_run.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    page = (tmp_path / "static_index.html").read_text("utf-8")
    assert all(name.rsplit(".", 1)[-1] in page for name in hand_run.nodes("model"))
    elsewhere = r"[\"']?(?:https?:)?//"
    loaded = rf"<(?:script|img|iframe)[^>]*\ssrc={elsewhere}|<link[^>]*\shref={elsewhere}|@import|url\({elsewhere}"
    assert re.findall(loaded, page) == []


def test_every_mart_has_an_owner_and_describes_itself_and_every_column(hand_run: HandRun) -> None:
    faults = []
    for name, node in hand_run.nodes("model", "seed").items():
        faults += [f"{name} has no owner"] if not node["config"]["meta"].get("owner") else []
        faults += [f"{name} does not begin with its grain"] if not node["description"].startswith("One row") else []
        if node["resource_type"] == "model":
            faults += [f"{name} lists no columns"] if not node["columns"] else []
            faults += [f"{name}.{c}" for c, column in node["columns"].items() if not column["description"].strip()]
    assert faults == []


def test_published_tables_have_enforced_contracts_with_types(hand_run: HandRun) -> None:
    layers = ("core", "intermediate", "marts", "governance", "reconciliations")
    faults = [
        name
        for name, node in hand_run.nodes("model").items()
        if node["fqn"][1] in layers
        and not (node["contract"]["enforced"] and all(column["data_type"] for column in node["columns"].values()))
    ]
    assert faults == []


def test_every_mart_is_tested(hand_run: HandRun) -> None:
    tested = {parent for node in hand_run.nodes("test", "unit_test").values() for parent in node["depends_on"]["nodes"]}
    tested |= set(hand_run.manifest["nodes"][STAGING_PROOF]["depends_on"]["nodes"])
    assert sorted(set(hand_run.nodes("model")) - tested) == []


def test_every_generic_test_is_one_of_ours_and_none_only_warns(hand_run: HandRun) -> None:
    tests = hand_run.nodes("test")
    assert {node["config"]["severity"].lower() for node in tests.values()} == {"error"}
    packages = {macro.split(".")[1] for node in tests.values() for macro in node["depends_on"]["macros"]}
    assert packages <= {"leadline", "dbt"}


def test_at_least_one_unit_test_stands_for_each_calculated_mart(hand_run: HandRun) -> None:
    proven = {node["depends_on"]["nodes"][0] for node in hand_run.nodes("unit_test").values()}
    calculated = {
        name
        for name, node in hand_run.nodes("model").items()
        if node["fqn"][1] in ("marts", "governance", "reconciliations", "intermediate")
    }
    copies = {
        f"model.leadline.gov_{table}"
        for table in (
            "alert_budget",
            "approval_authority",
            "control_share",
            "data_owner",
            "exception_sla",
            "firm_rule",
            "metric_definition",
            "policy_limit",
            "quality_check",
            "reconciliation_rule",
            "rekeyed_record",
            "routing_rule",
            "tax_rate",
            "system_kind",
        )
    }
    # Those that read every entity are proven by the builds of test_warehouse_build.
    # What needs which entity is read from the graph, and proven by the test below.
    read_whole = ("int_moment", "rec_source_to_core", "gov_unknown_reference", "gov_data_need")
    whole = {f"model.leadline.{name}" for name in read_whole}
    unproven = {name for name in calculated - proven - copies - whole if ".leakage_" not in name}
    assert unproven == set()


def test_every_mart_and_score_is_graded_by_the_entities_behind_it(hand_run: HandRun) -> None:
    with duckdb.connect(str(hand_run.home / "warehouse" / "dev.duckdb"), read_only=True) as connection:
        needs = connection.sql("select product, product_kind, entity from gov_data_need").fetchall()
        graded = connection.sql("select product, product_kind from gov_quality_grade").fetchall()
    marts = {node["name"]: key for key, node in hand_run.nodes("model").items() if node["fqn"][1] == "marts"}
    scores = {one["name"]: key for key, one in hand_run.manifest["exposures"].items() if one["type"] == "ml"}
    assert {(product, kind) for product, kind, _ in needs} == {(n, "mart") for n in marts} | {
        (n, "score") for n in scores
    }
    assert set(graded) <= {(product, kind) for product, kind, _ in needs}
    expected = {(product, entity) for product, _, entity in needs}
    nodes = {**hand_run.manifest["nodes"], **hand_run.manifest["exposures"]}
    for product, key in {**marts, **scores}.items():
        assert {entity for name, entity in expected if name == product} == _entities_behind(nodes, key)


def _entities_behind(nodes: Mapping[str, Any], key: str) -> set[str]:
    clocks = (".int_moment", ".int_valuation")
    parents = [name for name in nodes[key]["depends_on"].get("nodes", []) if not name.endswith(clocks)]
    core = {name.rsplit(".core_", 1)[1] for name in parents if ".core_" in name}
    others = (_entities_behind(nodes, name) for name in parents if ".core_" not in name and name in nodes)
    return core.union(*others)


def test_metric_definitions_name_columns_that_exist(hand_run: HandRun) -> None:
    import csv

    marts = {node["name"]: set(node["columns"]) for node in hand_run.nodes("model").values()}
    with (PROJECT / "seeds" / "metric_definition.csv").open(encoding="utf-8", newline="") as stream:
        strays = [row["metric"] for row in csv.DictReader(stream) if row["metric_column"] not in marts[row["mart"]]]
    assert strays == []
