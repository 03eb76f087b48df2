"""The input contract: one YAML file per canonical entity, read once and never written here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from leadline.kernel.errors import ConfigurationError

ENTITY_FOLDER = Path(__file__).parent / "entities"

# Contract type -> SQL type. Money is never a float.
SQL_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "string": "varchar",
        "currency": "varchar",
        "boolean": "boolean",
        "integer": "bigint",
        "date": "date",
        "timestamp": "timestamp",
        "money": "decimal(18,2)",
        "rate": "decimal(18,4)",
        "fx": "decimal(18,8)",
        "ratio": "decimal(9,6)",
        "hours": "decimal(9,2)",
        "quantity": "decimal(12,4)",
    }
)

# Columns that landing adds to every row, in this order, after the entity's own.
LANDING_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "source_system": "string",
        "batch_id": "string",
        "source_line": "integer",
        "known_at": "timestamp",
        "is_deleted": "boolean",
    }
)


@dataclass(frozen=True)
class Column:
    """One column of an entity: type, whether it must be filled, which values it may hold."""

    name: str
    type: str
    description: str
    required: bool = False
    references: str | None = None
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    personal: bool = False

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class Entity:
    """One canonical entity: what a connector must deliver, whatever system it comes from.

    ``ordered`` holds pairs of columns of which the first must not be later than the second.
    ``event``, ``valid_from`` and ``valid_to`` name the columns that carry business time, where there are any.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    system: str
    owner: str
    domain: str
    freshness_hours: int
    columns: Mapping[str, Column]
    event: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    ordered: tuple[tuple[str, str], ...] = ()

    @property
    def business_time(self) -> Mapping[str, str | None]:
        """The column that each business time of a core row is read from; None where the entity records none."""
        return {"event_at": self.event, "valid_from": self.valid_from, "valid_to": self.valid_to}

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(name for name, column in self.columns.items() if column.required)

    @property
    def money_columns(self) -> tuple[str, ...]:
        return tuple(name for name, column in self.columns.items() if column.type == "money")


def _column(name: str, spec: Mapping[str, Any]) -> Column:
    return Column(
        name=name,
        type=spec["type"],
        description=spec["description"],
        required=spec.get("required", False),
        references=spec.get("references"),
        allowed=tuple(spec.get("allowed", ())),
        minimum=spec.get("min"),
        maximum=spec.get("max"),
        personal=spec.get("personal", False),
    )


def _entity(spec: Mapping[str, Any]) -> Entity:
    time = spec.get("time", {})
    return Entity(
        name=spec["entity"],
        grain=spec["grain"],
        key=tuple(spec["key"]),
        system=spec["system"],
        owner=spec["owner"],
        domain=spec["domain"],
        freshness_hours=spec["freshness_hours"],
        columns=MappingProxyType({name: _column(name, column) for name, column in spec["columns"].items()}),
        event=time.get("event"),
        valid_from=time.get("valid_from"),
        valid_to=time.get("valid_to"),
        ordered=tuple((first, second) for first, second in spec.get("ordered", ())),
    )


@cache
def entities() -> Mapping[str, Entity]:
    """Return every entity of the input contract by name, sorted."""
    specs = (yaml.safe_load(path.read_text("utf-8")) for path in sorted(ENTITY_FOLDER.glob("*.yml")))
    return MappingProxyType({spec["entity"]: _entity(spec) for spec in specs})


def entity(name: str) -> Entity:
    """Return one entity of the contract.

    Raises:
        ConfigurationError: no entity has that name; the nearest names are given.
    """
    known = entities()
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name, known, n=3)
        raise ConfigurationError(
            "Unknown entity.",
            expected=f"one of {', '.join(near)}" if near else "an entity of the input contract",
            found=name,
            next_step="leadline doctor --entities lists all of them",
        )
    return known[name]
