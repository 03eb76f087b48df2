"""Write the input contract in the Open Data Contract Standard, for catalogues and for whoever delivers the data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from leadline import __version__
from leadline.kernel.contracts import Column, Entity, entities

# https://bitol-io.github.io/open-data-contract-standard/v3.1.0/
API_VERSION = "v3.1.0"

_LOGICAL_TYPES: Mapping[str, str] = MappingProxyType(
    {"boolean": "boolean", "integer": "integer", "date": "date", "timestamp": "timestamp"}
)
_TEXTS = ("string", "currency")


def export(folder: Path) -> tuple[Path, ...]:
    """Write one contract file per entity, ``<entity>.odcs.yaml``, and return the paths, sorted."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, entity in entities().items():
        path = folder / f"{name}.odcs.yaml"
        path.write_text(yaml.safe_dump(contract_of(entity), sort_keys=False, allow_unicode=True, width=120), "utf-8")
        written.append(path)
    return tuple(written)


def contract_of(entity: Entity) -> dict[str, Any]:
    """Return one entity's contract as the standard's tree."""
    return {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": f"leadline-{entity.name}",
        "name": entity.name,
        "version": __version__,
        "status": "active",
        "domain": entity.domain,
        "description": {
            "purpose": f"Input of Leadline: {entity.grain}.",
            "usage": f"Delivered by the {entity.system} system through a mapping file.",
        },
        "team": {"name": entity.owner},
        "schema": [_schema_of(entity)],
        "slaProperties": [
            {"property": "freshness", "value": entity.freshness_hours, "unit": "hours", "element": entity.name}
        ],
    }


def _schema_of(entity: Entity) -> dict[str, Any]:
    tree: dict[str, Any] = {
        "id": entity.name,
        "name": entity.name,
        "logicalType": "object",
        "physicalType": "table",
        "physicalName": f"landing/{entity.name}",
        "dataGranularityDescription": entity.grain,
        "properties": [_property_of(entity, column) for column in entity.columns.values()],
    }
    if entity.ordered:
        tree["quality"] = [
            {"type": "text", "description": f"{first} is not later than {second}"} for first, second in entity.ordered
        ]
    return tree


def _property_of(entity: Entity, column: Column) -> dict[str, Any]:
    tree: dict[str, Any] = {
        "id": column.name,
        "name": column.name,
        "logicalType": _logical_type(column),
        "physicalType": column.sql_type,
        "description": column.description,
        "required": column.required,
    }
    if column.name in entity.key:
        tree |= {"primaryKey": True, "primaryKeyPosition": entity.key.index(column.name) + 1}
    if column.personal:
        tree["classification"] = "personal"
    limits = {"minimum": column.minimum, "maximum": column.maximum}
    options = {name: limit for name, limit in limits.items() if limit is not None}
    if options:
        tree["logicalTypeOptions"] = options
    if column.references:
        target = entities()[column.references]
        tree["relationships"] = [{"to": f"{target.name}.odcs.yaml#/schema/{target.name}/properties/{target.key[0]}"}]
    quality = _quality_of(column)
    if quality:
        tree["quality"] = quality
    return tree


def _quality_of(column: Column) -> list[dict[str, Any]]:
    if column.allowed:
        valid: dict[str, Any] = {"validValues": list(column.allowed)}
    elif column.type == "currency":
        valid = {"pattern": "^[A-Z]{3}$"}
    else:
        return []
    return [{"metric": "invalidValues", "arguments": valid, "mustBe": 0}]


def _logical_type(column: Column) -> str:
    return "string" if column.type in _TEXTS else _LOGICAL_TYPES.get(column.type, "number")
