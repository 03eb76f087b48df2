"""The contracts of published marts: shaped as the standard wants, and saying what the dbt project says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadline.kernel.contracts import entities
from leadline.kernel.project import root
from leadline.sources.odcs import export as export_sources
from leadline.sources.odcs_marts import LAYERS, export
from tests.support.cli import leadline

# https://bitol-io.github.io/open-data-contract-standard/v3.1.0/: what must be there, and what may be.
REQUIRED = {"apiVersion", "kind", "id", "version", "status"}
ROOT = REQUIRED | {"name", "domain", "description", "team", "schema", "slaProperties"}
OBJECT = {"id", "name", "logicalType", "physicalType", "physicalName", "description", "dataGranularityDescription"} | {
    *("properties", "relationships", "quality")
}
PROPERTY = {"id", "name", "logicalType", "physicalType", "description", "required", "primaryKey"} | {
    *("primaryKeyPosition", "unique", "classification", "logicalTypeOptions", "relationships", "quality")
}
TYPES = {"string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"}
METRICS = {"nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"}
IDENTIFIER = re.compile(r"^[A-Za-z0-9_-]+$")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("contracts")
    assert leadline("contracts", "--to", to).exit_code == 0
    return to


@pytest.fixture(scope="module")
def published(folder: Path) -> dict[str, Any]:
    return {
        path.name.split(".")[0]: yaml.safe_load(path.read_text("utf-8")) for path in (folder / "published").iterdir()
    }


def _faults(tree: dict[str, Any]) -> Iterator[str]:
    """Say what in a contract is not as the standard wants it."""
    yield from (f"root lacks {name}" for name in REQUIRED - set(tree))
    yield from (f"root has {name}" for name in set(tree) - ROOT)
    if (tree["apiVersion"], tree["kind"]) != ("v3.1.0", "DataContract"):
        yield f"apiVersion {tree['apiVersion']}, kind {tree['kind']}"
    for table in tree["schema"]:
        yield from (f"object has {name}" for name in set(table) - OBJECT)
        yield from () if IDENTIFIER.match(table["id"]) and table["logicalType"] == "object" else (table["id"],)
        yield from (f"relationship {one}" for one in table.get("relationships", ()) if not {"from", "to"} <= set(one))
        yield from _rule_faults(table.get("quality", ()))
        for column in table["properties"]:
            yield from (f"{column['name']} has {name}" for name in set(column) - PROPERTY)
            yield from () if column["logicalType"] in TYPES and column["name"] else (str(column),)
            yield from _rule_faults(column.get("quality", ()))


def _rule_faults(rules: Any) -> Iterator[str]:
    for rule in rules:
        kind = rule.get("type", "library")
        is_right = {
            "library": rule.get("metric") in METRICS and "mustBe" in rule,
            "sql": bool(rule.get("query")) and "mustBe" in rule,
            "text": bool(rule.get("description")),
        }
        if not is_right.get(kind, False):
            yield f"rule {rule}"


@pytest.mark.parametrize("part", ["sources", "published"])
def test_every_contract_has_the_structure_that_the_standard_requires(folder: Path, part: str) -> None:
    trees = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in (folder / part).iterdir()}
    assert len(trees) > 40
    assert {name: faults for name, tree in trees.items() if (faults := list(_faults(tree)))} == {}


def test_the_check_of_the_structure_can_fail(published: dict[str, Any]) -> None:
    tree = yaml.safe_load(yaml.safe_dump(published["invoice_ageing"]))
    del tree["status"]
    tree["schema"][0]["properties"][0]["logicalType"] = "text"
    tree["schema"][0]["quality"][0]["metric"] = "none"
    assert len(list(_faults(tree))) == 3


def test_every_mart_governance_table_and_reconciliation_has_a_contract(published: dict[str, Any]) -> None:
    models = root() / "dbt_project" / "models"
    assert set(published) == {path.stem for layer in LAYERS for path in (models / layer).rglob("*.sql")}


def test_columns_types_and_descriptions_are_those_of_the_dbt_project(published: dict[str, Any]) -> None:
    models = root() / "dbt_project" / "models"
    texts = "".join(path.read_text("utf-8") for path in models.rglob("*.md"))
    blocks = {
        f"{{{{ doc('{name}') }}}}": text for name, text in re.findall(r"{% docs (\w+) %}(.*){% enddocs %}", texts)
    }
    for path in (path for layer in LAYERS for path in (models / layer).rglob("*.yml")):
        for model in yaml.safe_load(path.read_text("utf-8")).get("models", ()):
            table = published[model["name"]]["schema"][0]
            said = [(one["name"], blocks.get(one["description"], one["description"])) for one in model["columns"]]
            assert [(one["name"], one["description"]) for one in table["properties"]] == said
            assert published[model["name"]]["team"] == {"name": model["config"]["meta"]["owner"]}
            assert table["dataGranularityDescription"].startswith("One row per ")


def test_a_column_handed_on_unchanged_has_the_description_of_the_contract(published: dict[str, Any]) -> None:
    columns = {one["name"]: one["description"] for one in published["contract_state"]["schema"][0]["properties"]}
    assert columns["total_value"] == entities()["contract"].columns["total_value"].description


def test_key_reference_identity_and_sign_become_rules(published: dict[str, Any]) -> None:
    ageing = published["invoice_ageing"]["schema"][0]
    assert [one["name"] for one in ageing["properties"] if one.get("primaryKey")] == ["invoice_id"]
    assert ageing["relationships"] == [
        {"type": "foreignKey", "from": "invoice_ageing.invoice_id", "to": "int_invoice_position.invoice_id"}
    ]
    assert {one["type"] for one in ageing["quality"]} == {"library", "sql"}
    identity = published["rec_source_to_core"]["schema"][0]["quality"][1]
    assert identity["query"] == "select count(*) from rec_source_to_core where not coalesce((difference = 0), false)"
    unsure = published["receivables"]["schema"][0]
    assert [one["required"] for one in unsure["properties"]][:2] == [False, True]


def test_the_same_version_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for write, part in ((export_sources, "sources"), (export, "published")):
        for path in write(tmp_path / part):
            assert path.read_bytes() == (folder / part / path.name).read_bytes()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = leadline("contracts", "--to", tmp_path / "file" / "contracts")
    assert (result.exit_code, "contracts cannot be written" in result.stderr) == (5, True)
