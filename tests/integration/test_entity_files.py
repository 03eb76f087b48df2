"""Nothing of another entity and nothing of cost gets out of the demo firm's warehouse into an entity's file."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from leadline.app.wiring import Parts
from leadline.warehouse import entity_rules as rules
from leadline.warehouse.snapshot import Snapshot, sha256_of
from tests.support.cli import leadline

# What an entity has of its own, found here a second way: by the last version of the record itself.
OWNED = {"project_id": "core_project", "contract_id": "core_contract", "invoice_id": "core_invoice"} | {
    "opportunity_id": "core_opportunity"
}
# Rows of these lead to the entity by a record that may be next to one of another entity's.
FIRST_OF_SEVERAL = {"core_assignment": ("project_id",), "core_change_order": ("project_id",)} | {
    "core_staffing_request": ("project_id",)
}
COST = ("cost", "margin", "eac_", "salary", "wage", "earned_value", "planned_value", "cpi")


@pytest.fixture(scope="module")
def snapshot(demo_known: Callable[[Any], Any]) -> Snapshot:
    return demo_known(None)


@pytest.fixture(scope="module")
def folder(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("entities")
    home = snapshot.folder.parents[2]
    result = leadline("export", "--per-legal-entity", "--to", to, "--home", home, parts=Parts())
    assert result.exit_code == 0, result.stderr
    return to


@pytest.fixture(scope="module")
def index(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "entities.json").read_text("utf-8"))


def _ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        return connection.execute(sql).fetchall()


def _columns(path: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    sql = "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'main' and not internal"
    for table, column, kind in _ask(path, sql):
        found.setdefault(table, {})[column] = kind
    return found


def test_there_is_a_file_for_each_legal_entity_and_it_is_the_one_indexed(
    folder: Path, index: dict[str, Any], snapshot: Snapshot
) -> None:
    entities = {entity for (entity,) in _ask(snapshot.database, "select legal_entity_id from core_legal_entity")}
    assert len(entities) > 1
    assert set(index["files"]) == entities
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["entities.json", *(entry["file"] for entry in index["files"].values())]
    )
    assert all(sha256_of(folder / entry["file"]) == entry["sha256"] for entry in index["files"].values())


def test_no_text_of_any_table_names_another_entity(folder: Path, index: dict[str, Any]) -> None:
    found = []
    for entity, entry in index["files"].items():
        others = ", ".join(f"'{other}'" for other in index["files"] if other != entity)
        for table, columns in _columns(folder / entry["file"]).items():
            texts = [name for name, kind in columns.items() if kind == "VARCHAR"]
            foreign = " or ".join(f'"{name}" in ({others})' for name in texts) or "false"
            count = _ask(folder / entry["file"], f'select count(*) from "{table}" where {foreign}')[0][0]
            found += [(entity, table, count)] if count else []
    assert found == []


def test_no_row_leads_to_a_record_of_another_entity(folder: Path, index: dict[str, Any], snapshot: Snapshot) -> None:
    found = []
    for entity, entry in index["files"].items():
        for table, columns in _columns(folder / entry["file"]).items():
            if rules.ENTITY in columns:
                continue
            for key in FIRST_OF_SEVERAL.get(table, tuple(OWNED)):
                if key in columns:
                    foreign = _foreign(folder / entry["file"], table, key, snapshot, entity)
                    found += [(entity, table, key, foreign)] if foreign else []
    assert found == []


def _foreign(path: Path, table: str, key: str, snapshot: Snapshot, entity: str) -> int:
    """Count the rows of a file whose record is another entity's."""
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        connection.execute(f"attach '{snapshot.database}' as source (read_only)")
        return connection.execute(
            f'select count(*) from "{table}" as row inner join source.main.{OWNED[key]} as owner '
            f"on row.{key} = owner.{key} and owner.known_to is null and owner.legal_entity_id <> ?",
            [entity],
        ).fetchall()[0][0]


def test_people_of_another_entity_have_no_record_leave_or_skill_in_a_file(
    folder: Path, index: dict[str, Any], snapshot: Snapshot
) -> None:
    home = dict(_ask(snapshot.database, "select person_id, legal_entity_id from core_person where known_to is null"))
    for entity, entry in index["files"].items():
        for table in ("core_person", "core_leave", "core_person_skill", "core_staffing_proposal", "utilization_weekly"):
            people = {person for (person,) in _ask(folder / entry["file"], f"select person_id from {table}")}
            assert {home[person] for person in people} <= {entity}, table


def test_no_row_is_in_two_files_but_those_that_hold_for_all(index: dict[str, Any], snapshot: Snapshot) -> None:
    alone = {t for t, r in rules.RULES.items() if isinstance(r, rules.Own | rules.Through) and not r.or_all}
    # of customers they share
    alone -= {"client", "core_contact", "int_account_client", "int_account_golden", "int_client_claim"}
    alone -= {table for table, rule in rules.RULES.items() if _speaks_of_clients(rule)}
    for table in sorted(alone):
        given = sum(entry["rows"][table] for entry in index["files"].values())
        assert given <= snapshot.rows[table], table


def _speaks_of_clients(rule: rules.Rule) -> bool:
    return isinstance(rule, rules.Through) and any(path.of == "client" for path in rule.paths)


def test_a_row_about_any_kind_of_object_goes_where_that_object_goes(
    folder: Path, index: dict[str, Any], snapshot: Snapshot
) -> None:
    kinds = {"contract": "core_contract", "project": "core_project", "client": "int_account_client"}
    for kind, table in kinds.items():
        reader = f"select distinct {kind}_id from {table}"
        query = f"select distinct object_id from golden_attribute where object_type = '{kind}'"
        everything = {one for (one,) in _ask(snapshot.database, query)}
        seen = set()
        for entry in index["files"].values():
            file = folder / entry["file"]
            objects = {one for (one,) in _ask(file, query)}
            assert objects == everything & {one for (one,) in _ask(file, reader)}, (entry["file"], kind)
            seen |= objects
        assert seen, kind


def test_an_entity_gets_all_that_is_its_own(index: dict[str, Any], snapshot: Snapshot) -> None:
    marts = ("leakage_evidence", "project_performance", "time_entry", "project", "invoice")
    for table in ("core_time_entry", "core_invoice_line", "core_payment", *marts):
        given = sum(entry["rows"][table] for entry in index["files"].values())
        assert given == snapshot.rows[table] > 0, table


def test_no_column_or_table_of_cost_gets_out(folder: Path, index: dict[str, Any]) -> None:
    for entry in index["files"].values():
        tables = _columns(folder / entry["file"])
        withheld = [name for name, rule in rules.RULES.items() if isinstance(rule, rules.Withheld)]
        assert set(withheld) & set(tables) == set()
        assert set(tables) | set(withheld) == set(rules.RULES)
        columns = {name for table in tables.values() for name in table}
        assert {name for name in columns if any(word in name for word in COST)} <= rules.HARMLESS_COLUMNS
        assert [name for name in tables if "cost" in name] == []


def test_the_files_have_the_storage_version_that_older_clients_open(folder: Path, index: dict[str, Any]) -> None:
    for entry in index["files"].values():
        found = _ask(folder / entry["file"], "select tags from duckdb_databases() where not internal")
        assert "v1.0.0" in found[0][0]["storage_version"], found
