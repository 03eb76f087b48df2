"""The contract in the Open Data Contract Standard."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from leadline.kernel.contracts import entities
from leadline.sources.odcs import export


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    paths = export(tmp_path_factory.mktemp("odcs") / "new")
    return {path.name.split(".")[0]: yaml.safe_load(path.read_text("utf-8")) for path in paths}


def test_every_entity_has_a_contract_file_with_all_its_columns(exported: dict[str, Any]) -> None:
    columns = {name: [column["name"] for column in tree["schema"][0]["properties"]] for name, tree in exported.items()}
    assert columns == {name: list(entity.columns) for name, entity in entities().items()}


def test_what_the_standard_requires_is_there(exported: dict[str, Any]) -> None:
    for tree in exported.values():
        assert {"apiVersion", "kind", "id", "version", "status"} <= set(tree)
        assert tree["kind"] == "DataContract"


def test_key_type_limits_choices_and_references_are_carried_over(exported: dict[str, Any]) -> None:
    columns = {column["name"]: column for column in exported["time_entry"]["schema"][0]["properties"]}
    assert columns["time_entry_id"]["primaryKey"] is True
    assert columns["hours"]["physicalType"] == "decimal(9,2)"
    assert columns["hours"]["logicalTypeOptions"] == {"minimum": -24, "maximum": 24}
    assert columns["submitted_at"]["logicalType"] == "timestamp"
    assert columns["person_id"]["relationships"] == [
        {"to": "person.odcs.yaml#/schema/person/properties/person_id"},
    ]
    assert "approved" in columns["status"]["quality"][0]["arguments"]["validValues"]
    rate = {column["name"]: column for column in exported["cost_rate"]["schema"][0]["properties"]}["rate"]
    assert rate["classification"] == "personal"


def test_owner_and_freshness_are_carried_over(exported: dict[str, Any]) -> None:
    tree = exported["capacity_series"]
    assert tree["team"] == {"name": "people"}
    assert tree["slaProperties"][0]["value"] == 1080
