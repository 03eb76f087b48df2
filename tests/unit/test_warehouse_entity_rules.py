"""Every published table has a rule for legal entities, and every column that speaks of cost is decided on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest
import yaml

from leadline.kernel.errors import ConfigurationError, InsufficientDataError
from leadline.kernel.project import root
from leadline.warehouse import entity_rules as rules
from leadline.warehouse.entity_files import export_entities
from tests.support.snapshot import publish

MODELS = root() / "dbt_project" / "models"


@cache
def _published() -> Mapping[str, frozenset[str]]:
    """Return the columns of every published table, from the models' descriptions."""
    described = {
        model["name"]: frozenset(column["name"] for column in model.get("columns", ()))
        for path in sorted(MODELS.rglob("*.yml"))
        for model in yaml.safe_load(path.read_text("utf-8")).get("models", ())
    }
    names = [path.stem for path in MODELS.rglob("*.sql") if "staging" not in path.relative_to(MODELS).parts]
    return {name: described[name] for name in sorted(names)}


def test_every_published_table_is_classified_and_no_other() -> None:
    assert sorted(rules.RULES) == list(_published())


def test_every_rule_speaks_of_columns_that_are_there() -> None:
    wrong = [
        (table, need)
        for table, rule in rules.RULES.items()
        for need in _needs(table, rule)
        if need[1] not in _published()[need[0]]
    ]
    assert wrong == []


def _needs(table: str, rule: rules.Rule) -> list[tuple[str, str]]:
    match rule:
        case rules.Own():
            return [(table, rules.ENTITY)]
        case rules.Through(paths=paths):
            steps = [need for path in paths for need in ((table, path.column), (path.table, path.key))]
            return [*steps, *((table, "object_type") for path in paths if path.of)]
        case rules.Named(column=column, by=by):
            return [(table, column), *by]
        case _:
            return []


def test_a_table_that_names_its_entity_is_classified_by_that_or_in_no_file() -> None:
    named = [table for table, columns in _published().items() if rules.ENTITY in columns]
    assert [table for table in named if not isinstance(rules.RULES[table], rules.Own | rules.Withheld)] == []


def test_every_column_that_speaks_of_cost_is_withheld_or_declared_harmless() -> None:
    speaking = {
        column
        for table, columns in _published().items()
        if not isinstance(rules.RULES[table], rules.Withheld)
        for column in columns
        if any(word in column for word in rules.COST_WORDS)
    }
    assert speaking - rules.WITHHELD_COLUMNS - rules.HARMLESS_COLUMNS == set()


def test_every_withheld_column_is_published_somewhere() -> None:
    everything = frozenset().union(*_published().values())
    assert (rules.WITHHELD_COLUMNS | rules.HARMLESS_COLUMNS) - everything == set()


def test_a_table_without_a_rule_stops_the_export(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("unruled")
    snapshot = publish(folder / "warehouse", ["create table brand_new as select 1 as a"])
    with pytest.raises(ConfigurationError) as caught:
        export_entities(snapshot, to=folder / "out")
    assert (caught.value.found, (folder / "out").exists()) == ("brand_new", False)


def test_a_firm_without_legal_entity_is_reported(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("none")
    empty = (
        "create table core_legal_entity as select cast(null as varchar) as legal_entity_id, false as is_deleted, "
        "'erp' as source_system, 'b' as batch_id, 1 as source_line, "
        "timestamp '2026-01-01' as known_at, cast(null as timestamp) as known_to where false"
    )
    with pytest.raises(InsufficientDataError, match="no legal entity"):
        export_entities(publish(folder / "warehouse", [empty]), to=folder / "out")
