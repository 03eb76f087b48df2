"""A published warehouse of one record of each kind per legal entity: every text says whose it is, every cost is known.

Rows are filled by the kind of their columns, so that whatever a page shows of a row tells on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from leadline.access.warehouse_scope import COSTS, ENTITY, FOR_ALL
from leadline.warehouse.snapshot import Snapshot
from tests.support.console import ENTITIES
from tests.support.snapshot import publish
from tests.support.warehouse_columns import COLUMNS

COST = "86427.93"
MONEY = "1234.50"
FIXED = {
    "stage": "Proposal",
    "status": "open",
    "cost_kind": "labour",
    "currency": "EUR",
    "object_type": "client",
    "kpi": "billed",
    "unit": "money",
    "reconciliation": "invoice_to_cash",
    "rag": "green",
}
IDS = {"left_account_id": "account_id", "master_account_id": "account_id"}
KINDS = {
    "text": "",
    "date": "date '2026-01-05'",
    "bigint": "1",
    "integer": "1",
    "boolean": "false",
    "timestamp": "timestamp '2026-01-05 06:00:00'",
}


def mark(entity: str | None) -> str:
    """Return what is in every text of a legal entity's rows."""
    return f"z{entity}z"


def publish_firm(warehouse: Path, *, snapshot_id: str = "firm") -> Snapshot:
    """Publish the firm."""
    return publish(warehouse, list(_statements()), snapshot_id=snapshot_id, built_at="2026-01-06T05:00:00+00:00")


def _statements() -> Iterator[str]:
    for table, text in COLUMNS.items():
        columns = dict(column.split(" ", 1) for column in text.split("; "))
        yield f'create table "{table}" ({", ".join(f"{name} {kind}" for name, kind in columns.items())})'
        for entity in ENTITIES if table not in FOR_ALL else ("all",):
            yield f'insert into "{table}" values ({", ".join(_values(table, columns, entity))})'


def _values(table: str, columns: Mapping[str, str], entity: str | None) -> Iterator[str]:
    for name, kind in columns.items():
        if name == ENTITY:
            yield f"'{entity}'" if entity else "null"
        elif name == "known_to":
            yield "null"
        elif name in COSTS.get(table, ()):
            yield COST if kind == "decimal(18,2)" else "0.86427"
        elif kind.startswith("decimal"):
            yield MONEY if kind in ("decimal(18,2)", "decimal(38,2)") else "0.5"
        elif table in ("core_person", "person") and name in ("name", "email", "person_name"):
            yield f"'person-{mark(entity)}'"
        elif kind == "text":
            yield f"'{FIXED.get(name, f'{IDS.get(name, name)}-{mark(entity)}')}'"
        elif name == "to_day":
            yield "date '2026-12-31'"
        else:
            yield KINDS[kind]
