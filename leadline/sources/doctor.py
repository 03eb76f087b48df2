"""Facts about the landed data per entity, for ``leadline doctor``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from leadline.kernel.contracts import Column, Entity, entities
from leadline.kernel.home import Home
from leadline.warehouse.landing import BatchManifest, Landing, as_utc
from leadline.warehouse.point_in_time import naive

_SAMPLES = 5


@dataclass(frozen=True)
class BrokenRule:
    """How many faults of one kind are in quarantine; ``sample`` is the first thing found."""

    column: str
    rule: str
    expected: str
    faults: int
    sample: str


@dataclass(frozen=True)
class Orphans:
    """Dangling references: ``rows`` landed rows name ``keys`` distinct ids that ``references`` lacks.

    No row is refused for it: the other side may arrive later. When the other entity has not landed at all,
    ``target_absent`` is true and every reference is counted.
    """

    column: str
    references: str
    rows: int
    keys: int
    samples: tuple[str, ...]
    target_absent: bool


@dataclass(frozen=True)
class EntityFacts:
    """What landed of one entity.

    Attributes:
        rows: landed rows, all versions counted.
        keys: distinct keys among them.
        quarantined: rows in quarantine.
        last_loaded_at: moment of the latest batch, UTC; null when nothing landed.
        last_known_at: latest ``known_at`` of a landed row, naive UTC.
        fresh_until: moment up to which the contract calls the latest batch fresh, UTC.
        is_fresh: whether that moment is still to come; false when nothing landed.
        known_ahead: rows whose ``known_at`` lies after their batch was loaded: a clock or time-zone fault.
    """

    entity: str
    owner: str
    batches: int
    rows: int
    keys: int
    quarantined: int
    last_loaded_at: datetime | None
    last_known_at: datetime | None
    fresh_until: datetime | None
    is_fresh: bool
    known_ahead: int
    broken_rules: tuple[BrokenRule, ...]
    orphans: tuple[Orphans, ...]

    @property
    def is_present(self) -> bool:
        return self.rows > 0


def examine(home: Home, *, now: datetime) -> tuple[EntityFacts, ...]:
    """Return the facts of every entity of the contract, present or not, sorted by name.

    Raises:
        IntegrityError: a manifest cannot be read.
    """
    landing = Landing(home.landing)
    batches = landing.batches()
    faults = landing.quarantined().collect()
    rows = {name: landing.scan(name, batches=batches) for name in entities()}
    present = {batch.entity for batch in batches if batch.rows_landed}
    return tuple(
        _facts(
            contract,
            [one for one in batches if one.entity == name],
            rows[name],
            broken=_broken_rules(faults.filter(pl.col("entity") == name)),
            orphans=tuple(_orphans(contract, rows, present)) if name in present else (),
            now=now,
        )
        for name, contract in entities().items()
    )


def _facts(
    contract: Entity,
    batches: list[BatchManifest],
    rows: pl.LazyFrame,
    *,
    broken: tuple[BrokenRule, ...],
    orphans: tuple[Orphans, ...],
    now: datetime,
) -> EntityFacts:
    loaded = max((batch.loaded_at for batch in batches), default=None)
    fresh_until = loaded + timedelta(hours=contract.freshness_hours) if loaded else None
    return EntityFacts(
        entity=contract.name,
        owner=contract.owner,
        batches=len(batches),
        rows=sum(batch.rows_landed for batch in batches),
        keys=rows.select(pl.struct(contract.key).n_unique()).collect().item() if batches else 0,
        quarantined=sum(batch.rows_quarantined for batch in batches),
        last_loaded_at=loaded,
        last_known_at=max((batch.known_until for batch in batches if batch.known_until), default=None),
        fresh_until=fresh_until,
        is_fresh=fresh_until is not None and fresh_until >= as_utc(now),
        known_ahead=_known_ahead(rows, batches),
        broken_rules=broken,
        orphans=orphans,
    )


def _known_ahead(rows: pl.LazyFrame, batches: list[BatchManifest]) -> int:
    ahead = [one for one in batches if one.known_until and one.known_until > naive(one.loaded_at)]
    return sum(
        rows.filter((pl.col("batch_id") == one.batch_id) & (pl.col("known_at") > naive(one.loaded_at)))
        .select(pl.len())
        .collect()
        .item()
        for one in ahead
    )


def _broken_rules(faults: pl.DataFrame) -> tuple[BrokenRule, ...]:
    counted = (
        faults.group_by("column", "rule", "expected", maintain_order=True)
        .agg(pl.len(), pl.col("found").drop_nulls().first())
        .sort(["len", "column", "rule", "expected"], descending=[True, False, False, False])
    )
    return tuple(
        BrokenRule(column=column, rule=rule, expected=expected, faults=count, sample=sample or "")
        for column, rule, expected, count, sample in counted.iter_rows()
    )


def _orphans(contract: Entity, rows: Mapping[str, pl.LazyFrame], present: set[str]) -> Iterator[Orphans]:
    for column in contract.columns.values():
        if column.references:
            found = _orphans_of(column, entities()[column.references], rows[contract.name], rows, present)
            if found.rows:
                yield found


def _orphans_of(
    column: Column, target: Entity, own: pl.LazyFrame, rows: Mapping[str, pl.LazyFrame], present: set[str]
) -> Orphans:
    known = rows[target.name].select(pl.col(target.key[0]).alias(column.name)).unique()
    named = own.filter(~pl.col("is_deleted")).select(column.name).drop_nulls()
    lost = named.join(known, on=column.name, how="anti").group_by(column.name).agg(pl.len()).sort(column.name).collect()
    return Orphans(
        column=column.name,
        references=target.name,
        rows=int(lost["len"].sum()),
        keys=lost.height,
        samples=tuple(lost[column.name].head(_SAMPLES).cast(pl.String)),
        target_absent=target.name not in present,
    )
