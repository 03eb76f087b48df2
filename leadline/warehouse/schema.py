"""Contract types as Polars types, so that an absent entity is an empty frame of the right shape."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from leadline.kernel.contracts import LANDING_COLUMNS, Entity

POLARS_TYPES: Mapping[str, pl.DataType] = {
    "string": pl.String(),
    "currency": pl.String(),
    "boolean": pl.Boolean(),
    "integer": pl.Int64(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us"),
    "money": pl.Decimal(18, 2),
    "rate": pl.Decimal(18, 4),
    "fx": pl.Decimal(18, 8),
    "ratio": pl.Decimal(9, 6),
    "hours": pl.Decimal(9, 2),
    "quantity": pl.Decimal(12, 4),
}

# What a core row carries beside its landing row: when the version was superseded, when the key was first seen, when
# the thing happened and when it holds in business.
CORE_COLUMNS: Mapping[str, str] = {
    "known_to": "timestamp",
    "first_known_at": "timestamp",
    "event_at": "timestamp",
    "valid_from": "date",
    "valid_to": "date",
}


def landing_schema(entity: Entity) -> dict[str, pl.DataType]:
    """Return the columns of one landed entity, in order: the contract's, then landing's."""
    own = {name: POLARS_TYPES[column.type] for name, column in entity.columns.items()}
    return own | {name: POLARS_TYPES[kind] for name, kind in LANDING_COLUMNS.items()}


def core_schema(entity: Entity) -> dict[str, pl.DataType]:
    """Return the columns of one core table: landing's, then those that history adds."""
    added = {name: POLARS_TYPES[kind] for name, kind in CORE_COLUMNS.items() if name not in entity.columns}
    return landing_schema(entity) | added
