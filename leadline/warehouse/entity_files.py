"""One DuckDB file per legal entity, with its rows alone and without cost.

DuckDB has no row-level security, so what an entity may not see is not in its file. ``entity_rules`` says what that is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from leadline.kernel.errors import ConfigurationError, InsufficientDataError
from leadline.warehouse import entity_rules as rules
from leadline.warehouse.database import connect
from leadline.warehouse.export import appearing
from leadline.warehouse.snapshot import Snapshot, row_order, sha256_of

INDEX = "entities.json"
# Clients of the 1.x series open it, as they open the snapshot itself.
STORAGE = "v1.0.0"

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class EntityFile:
    """What one legal entity was given: its file and the rows of each table in it."""

    legal_entity_id: str
    path: Path
    rows: Mapping[str, int]


def export_entities(snapshot: Snapshot, *, to: Path, progress: Tell | None = None) -> tuple[EntityFile, ...]:
    """Write ``<legal entity>.duckdb`` for each legal entity of a snapshot, and ``entities.json`` saying what is where.

    Raises:
        ConfigurationError: a published table has no rule; all such are named and nothing is written.
        InsufficientDataError: the snapshot knows no legal entity.
        HomeError: the folder cannot be written to.
        IntegrityError: the snapshot is not what its manifest says.
    """
    tell = progress or (lambda _, __: None)
    _refuse_unruled(snapshot)
    snapshot.verify_database()
    entities = _legal_entities(snapshot)
    written = []
    for place, entity in enumerate(entities):
        path = to / f"{quote(entity, safe=' ')}.duckdb"
        tell(entity, place / len(entities))
        with appearing(path) as hidden:
            written.append(EntityFile(entity, path, _write(snapshot, entity, hidden)))
    with appearing(to / INDEX) as hidden:
        hidden.write_text(json.dumps(_index(snapshot, written), indent=2, sort_keys=True) + "\n", "utf-8")
    return tuple(written)


def _refuse_unruled(snapshot: Snapshot) -> None:
    unruled = [table for table in snapshot.rows if table not in rules.RULES]
    if unruled:
        raise ConfigurationError(
            "Access by legal entity is not defined for these tables.",
            where="leadline/warehouse/entity_rules.py",
            found=", ".join(unruled),
            next_step="give each a rule, or build the snapshot with this version: leadline build",
        )


def _legal_entities(snapshot: Snapshot) -> list[str]:
    from leadline.warehouse.connection import query

    answer = query(
        snapshot,
        "select distinct legal_entity_id from core_legal_entity "
        "where known_to is null and not is_deleted and legal_entity_id is not null order by 1",
    )
    if not answer.rows:
        raise InsufficientDataError(
            "The snapshot has no legal entity.", where="core_legal_entity", next_step="land the entity legal_entity"
        )
    return [row[0] for row in answer.rows]


def _write(snapshot: Snapshot, entity: str, path: Path) -> dict[str, int]:
    """Write one entity's file and return the rows of each table."""
    path.unlink()  # DuckDB makes its own
    try:
        with connect(path, config={"storage_compatibility_version": STORAGE, "threads": 1}) as connection:
            connection.execute(f"attach '{_quoted(str(snapshot.database))}' as source (read_only)")
            connection.execute("create temp table wanted as select ? as legal_entity_id", [entity])
            share = _Share(connection, snapshot)
            rows = {table: share.copy(table) for table in snapshot.rows if _is_given(table)}
            connection.execute("detach source")
            connection.execute("checkpoint")
    finally:
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    return rows


class _Share:
    """One entity's share under way: the keys that are the entity's, found once per table."""

    def __init__(self, connection: Any, snapshot: Snapshot) -> None:
        self._connection = connection
        self._columns = _columns(connection, snapshot)
        self._keys: dict[tuple[str, str], str] = {}

    def copy(self, table: str) -> int:
        """Copy the entity's rows of a table and return how many there are."""
        given = ", ".join(f'"{name}"' for name in self._columns[table] if name not in rules.WITHHELD_COLUMNS)
        condition = self._condition(rules.RULES[table])
        self._connection.execute(
            f'create table "{table}" as select {given} from source.main."{table}" where {condition} '  # noqa: S608
            f"order by {row_order(table)}"
        )
        count = self._connection.execute(f'select count(*) from "{table}"').fetchall()[0][0]  # noqa: S608
        return int(count)

    def _condition(self, rule: rules.Rule) -> str:
        """Return the SQL condition on a row of a table under the rule."""
        match rule:
            case rules.Own(or_all=or_all):
                own = f"{rules.ENTITY} = (select legal_entity_id from wanted)"  # noqa: S608
                return f"({own} or {rules.ENTITY} is null)" if or_all else own
            case rules.Through(paths=paths, all_of=True):
                return " and ".join(self._on_path(path) for path in paths)
            case rules.Through(paths=paths, or_all=or_all):
                branches = " ".join(f"when {_applies(path)} then {self._on_path(path)}" for path in paths)
                return f"case {branches} else {str(or_all).lower()} end"
            case rules.Named(column=column, by=by):
                naming = " union all ".join(self._names(table, name) for table, name in by)
                return f"{column} in ({naming})"
            case rules.Shared():
                return "true"
            case rules.Withheld():
                return "false"

    def _on_path(self, path: rules.Path) -> str:
        return f"{path.column} in (select {path.key} from {self._own_keys(path.table, path.key)})"  # noqa: S608

    def _names(self, table: str, column: str) -> str:
        condition = self._condition(rules.RULES[table])
        return f'select {column} from source.main."{table}" where {column} is not null and {condition}'  # noqa: S608

    def _own_keys(self, table: str, key: str) -> str:
        """Return the name of a temporary table of the keys whose last version is the entity's."""
        if (table, key) not in self._keys:
            condition = self._condition(rules.RULES[table])
            last = "known_to is null" if "known_to" in self._columns[table] else "true"
            name = f"own_{table}_{key}"
            self._connection.execute(
                f"create temp table {name} as select distinct {key} "  # noqa: S608 - names of our own rules
                f'from source.main."{table}" where {last} and {condition}'
            )
            self._keys[table, key] = name
        return self._keys[table, key]


def _applies(path: rules.Path) -> str:
    """Return the SQL condition that a row takes a path."""
    filled = f"{path.column} is not null"
    return f"{filled} and object_type = '{path.of}'" if path.of else filled


def _columns(connection: Any, snapshot: Snapshot) -> dict[str, list[str]]:
    rows = connection.execute(
        "select table_name, column_name from duckdb_columns() "
        "where database_name = 'source' and schema_name = 'main' order by table_name, column_index"
    ).fetchall()
    columns: dict[str, list[str]] = {table: [] for table in snapshot.rows}
    for table, column in rows:
        columns.get(table, []).append(column)
    return columns


def _is_given(table: str) -> bool:
    return not isinstance(rules.RULES[table], rules.Withheld)


def _index(snapshot: Snapshot, written: list[EntityFile]) -> dict[str, Any]:
    return {
        "snapshot_id": snapshot.snapshot_id,
        "known_until": snapshot.known_until.isoformat() if snapshot.known_until else None,
        "files": {
            one.legal_entity_id: {"file": one.path.name, "sha256": sha256_of(one.path), "rows": dict(one.rows)}
            for one in written
        },
        "withheld_columns": sorted(rules.WITHHELD_COLUMNS),
        "withheld_tables": {
            table: rule.reason for table, rule in rules.RULES.items() if isinstance(rule, rules.Withheld)
        },
    }


def _quoted(text: str) -> str:
    return text.replace("'", "''")
