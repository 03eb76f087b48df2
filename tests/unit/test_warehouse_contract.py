"""The generated models say what the input contract says, column by column, as a second reading of both has it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadline.kernel.contracts import LANDING_COLUMNS, SQL_TYPES, Entity, entities
from leadline.kernel.project import root
from leadline.warehouse.schema import CORE_COLUMNS

PROJECT = root() / "dbt_project"
LAYERS = ("staging", "core")


@cache
def _described() -> Mapping[str, Mapping[str, Any]]:
    files = [path for layer in LAYERS for path in sorted((PROJECT / "models" / layer).rglob("*.yml"))]
    models = [model for path in files for model in yaml.safe_load(path.read_text("utf-8")).get("models", ())]
    return {model["name"]: model for model in models}


def _columns(model: str) -> dict[str, str]:
    return {column["name"]: column["data_type"] for column in _described()[model]["columns"]}


def _landing_types(entity: Entity) -> dict[str, str]:
    own = {name: column.sql_type for name, column in entity.columns.items()}
    return _portable(own | {name: SQL_TYPES[kind] for name, kind in LANDING_COLUMNS.items()})


def _portable(types: Mapping[str, str]) -> dict[str, str]:
    return {name: "string" if kind == "varchar" else kind for name, kind in types.items()}


def _selected(path: Path) -> list[str]:
    """Return the columns of the explicit select list of a staging or core model."""
    lines = re.findall(r"^ {4,8}(?:cast\(.*\) as |\w+ as )?(\w+),?$", path.read_text("utf-8"), flags=re.MULTILINE)
    return [line for line in lines if line != "select"]


@pytest.mark.parametrize("name", entities())
def test_the_staging_model_of_an_entity_has_exactly_the_landing_columns(name: str) -> None:
    entity = entities()[name]
    model = f"stg_{entity.system}__{name}"
    assert _columns(model) == _landing_types(entity)
    selected = _selected(PROJECT / "models" / "staging" / entity.system / f"{model}.sql")
    assert sorted(selected) == sorted(_landing_types(entity))


@pytest.mark.parametrize("name", entities())
def test_the_core_model_of_an_entity_has_the_core_schema_in_order(name: str) -> None:
    entity = entities()[name]
    added = {column: SQL_TYPES[kind] for column, kind in CORE_COLUMNS.items() if column not in entity.columns}
    expected = _landing_types(entity) | _portable(added)
    assert list(_columns(f"core_{name}").items()) == list(expected.items())
    selected = _selected(PROJECT / "models" / "core" / entity.system / f"core_{name}.sql")
    assert selected == list(expected)


@pytest.mark.parametrize("name", entities())
def test_every_column_but_the_key_starts_a_new_version_when_it_changes(name: str) -> None:
    entity = entities()[name]
    sql = (PROJECT / "models" / "core" / entity.system / f"core_{name}.sql").read_text("utf-8")
    key, content = (ast.literal_eval(found) for found in re.findall(r"(?:key|content)=(\[.*?\])", sql, flags=re.DOTALL))
    assert key == ["source_system", *entity.key]
    assert content == [*(column for column in entity.columns if column not in entity.key), "is_deleted"]


def test_the_contract_that_sql_reads_is_the_input_contract() -> None:
    text = (PROJECT / "macros" / "input_contract.sql").read_text("utf-8")
    found = ast.literal_eval(text[text.index("return(") + len("return(") : text.rindex(") }}")])
    expected = {
        name: {
            "system": entity.system,
            "owner": entity.owner,
            "domain": entity.domain,
            "freshness_hours": entity.freshness_hours,
            "key": list(entity.key),
            "has_currency": "currency" in entity.columns,
            "money": list(entity.money_columns),
            "references": {c: column.references for c, column in entity.columns.items() if column.references},
        }
        for name, entity in entities().items()
    }
    assert found == expected
