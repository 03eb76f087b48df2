"""An in-memory twin of a published snapshot, built from drawn rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import polars as pl

from leadline.kernel.contracts import Entity
from leadline.kernel.contracts import entity as contract
from leadline.kernel.project import root
from leadline.warehouse.point_in_time import as_history, as_known, naive, without_deleted
from leadline.warehouse.schema import core_schema
from tests.support.rules import DrawnRules

Row = Mapping[str, Any]


class MemoryReader:
    """A ``PointInTimeReader`` over plain rows: ``{"invoice": [{"invoice_id": "I1", "known_at": ..., ...}]}``.

    Missing columns are null. Rows without ``known_at`` are known from 2000 on. Versions of one key are ordered by
    ``known_at``; ``known_to`` and ``first_known_at`` are derived as the warehouse derives them.
    """

    def __init__(
        self,
        tables: Mapping[str, Sequence[Row]],
        *,
        marts: Mapping[str, pl.DataFrame] | None = None,
        reporting_currency: str = "USD",
        snapshot_id: str = "memory",
    ) -> None:
        self.snapshot_id = snapshot_id
        self.reporting_currency = reporting_currency
        self._tables = {name: _versions(contract(name), rows) for name, rows in tables.items()}
        self._marts = {"gov_policy_limit": shipped_limits(), **(marts or {})}
        self._rules: DrawnRules | None = None
        moments = [frame["known_at"].max() for frame in self._tables.values() if frame.height]
        self.known_until: datetime | None = max(moments) if moments else None  # type: ignore[type-var, assignment]

    def has(self, entity: str) -> bool:
        return entity in self._tables and self._tables[contract(entity).name].height > 0

    def core(self, entity: str, *, as_of: datetime) -> pl.LazyFrame:
        return without_deleted(as_known(self._frame(entity), as_of=as_of))

    def history(self, entity: str, *, as_of: datetime) -> pl.LazyFrame:
        return as_history(self._frame(entity), as_of=as_of)

    def mart(self, name: str, *, as_of: datetime | None = None) -> pl.LazyFrame:
        frame = self._marts[name].lazy()
        return frame if as_of is None else as_known(frame, as_of=as_of)

    def rule(self, name: str, *, as_of: datetime, columns: Sequence[str] = ()) -> pl.LazyFrame:
        return self._drawn_rules().answer(name, as_of=as_of, columns=columns).lazy()

    def rule_part(self, name: str, *, as_of: datetime, columns: Sequence[str], where: str) -> pl.LazyFrame:
        return self._drawn_rules().part(name, as_of=as_of, columns=columns, where=where).lazy()

    def _drawn_rules(self) -> DrawnRules:
        if self._rules is None:
            self._rules = DrawnRules(
                lambda entity: self._frame(entity).collect(), self._marts, currency=self.reporting_currency
            )
        return self._rules

    def cut(self, at: datetime) -> MemoryReader:
        """Return the twin that only landed what was known at ``at``."""
        tables = {
            name: frame.filter(pl.col("known_at") <= naive(at)).drop("known_to", "first_known_at").to_dicts()
            for name, frame in self._tables.items()
        }
        return MemoryReader(tables, marts=self._marts, reporting_currency=self.reporting_currency)

    def _frame(self, entity: str) -> pl.LazyFrame:
        found = self._tables.get(contract(entity).name)
        return (pl.DataFrame(schema=core_schema(contract(entity))) if found is None else found).lazy()


@cache
def shipped_limits() -> pl.DataFrame:
    """Return the table ``gov_policy_limit`` as a build publishes it from the shipped seed."""
    amounts = ("value", "min_value", "max_value")
    rows = pl.read_csv(root() / "dbt_project" / "seeds" / "policy_limit.csv", infer_schema=False)
    return rows.with_columns(pl.col(name).cast(pl.Decimal(18, 4)) for name in amounts)


def _versions(entity: Entity, rows: Sequence[Row]) -> pl.DataFrame:
    schema = core_schema(entity)
    derived = ("known_to", "first_known_at")
    stray = {name for row in rows for name in row} - set(schema)
    assert not stray, f"{entity.name} has no columns {sorted(stray)}"
    defaults: Row = {
        "source_system": "test",
        "batch_id": "drawn",
        "known_at": datetime(2000, 1, 1),
        "is_deleted": False,
    }
    filled = [defaults | {"source_line": line} | dict(row) for line, row in enumerate(rows, start=2)]
    drawn = {name: [row.get(name) for row in filled] for name in schema if name not in derived}
    frame = pl.DataFrame({name: _series(name, values, schema[name]) for name, values in drawn.items()})
    key = ["source_system", *entity.key]
    business = {
        "event_at": (entity.event, pl.Datetime("us")),
        "valid_from": (entity.valid_from or entity.event, pl.Date()),
        "valid_to": (entity.valid_to, pl.Date()),
    }
    frame = frame.with_columns(
        pl.col(source).cast(kind).alias(name)
        for name, (source, kind) in business.items()
        if source and name not in entity.columns
    )
    ordered = frame.sort([*key, "known_at", "source_line"])
    return ordered.with_columns(
        pl.col("known_at").shift(-1).over(key).alias("known_to"),
        pl.col("known_at").min().over(key).alias("first_known_at"),
    ).select(list(schema))


def _series(name: str, values: list[Any], kind: pl.DataType) -> pl.Series:
    if isinstance(kind, pl.Decimal):
        return pl.Series(name, [None if v is None else str(v) for v in values], dtype=pl.String).cast(kind)
    return pl.Series(name, values, dtype=kind, strict=True)
