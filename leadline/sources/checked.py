"""Check converted rows against the contract: each is landed or quarantined."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl

from leadline.kernel.contracts import Entity
from leadline.kernel.contracts import entity as contract
from leadline.kernel.counts import counted
from leadline.kernel.errors import Fault, InputError
from leadline.sources.conversion import Cells, Reading, holds, known_at, readings, selected, with_digests
from leadline.sources.mapping import FileMapping
from leadline.sources.raw import LINE, RawTable
from leadline.sources.rules import DELETED, Rule, currency_column, rules, unread
from leadline.warehouse.landing import QUARANTINE_SCHEMA, BatchManifest, MoneyTotal, batch_id_of
from leadline.warehouse.point_in_time import naive
from leadline.warehouse.schema import POLARS_TYPES, landing_schema

_FAULTS_SHOWN = 20
_FAULT_SCHEMA = {
    "source_line": pl.Int64(),
    "column": pl.String(),
    "rule": pl.String(),
    "expected": pl.String(),
    "found": pl.String(),
}


@dataclass(frozen=True)
class Delivery:
    """A delivered file: its name below the landed folder, the digest of its bytes, and when it was loaded."""

    file: str
    sha256: str
    loaded_at: datetime


@dataclass(frozen=True)
class Checked:
    """One batch before it is written: manifest, rows to land, and rows to quarantine (one row per fault)."""

    manifest: BatchManifest
    rows: pl.DataFrame
    quarantine: pl.DataFrame


def batch_id(mapping: FileMapping, delivery_sha256: str) -> str:
    """Return the id of the batch that a file makes under a mapping item."""
    return batch_id_of(mapping.entity, file_sha256=delivery_sha256, mapping_sha256=mapping.sha256)


def check(raw: RawTable, mapping: FileMapping, delivery: Delivery) -> Checked:
    """Convert and check the rows of a file for one entity.

    Raises:
        InputError: no row of the file is valid; the first faults are listed.
    """
    entity = contract(mapping.entity)
    converted, read, in_file = _convert(raw, entity, mapping, delivery.loaded_at)
    row_rules = rules(entity, {one.name: one.expected for one in read})
    faults = _faults(converted, row_rules)
    bad = converted[LINE].is_in(faults["source_line"].unique().implode())
    rows, rejected = converted.filter(~bad), converted.filter(bad)
    if converted.height and not rows.height:
        raise _nothing_good(faults, mapping, delivery, rejected.height)
    manifest = BatchManifest(
        batch_id=batch_id(mapping, delivery.sha256),
        entity=entity.name,
        source_system=mapping.source_system,
        file=delivery.file,
        file_sha256=delivery.sha256,
        mapping_sha256=mapping.sha256,
        loaded_at=delivery.loaded_at,
        rows_in_file=in_file,
        rows_filtered=in_file - converted.height,
        rows_read=converted.height,
        rows_landed=rows.height,
        rows_quarantined=rejected.height,
        rows_superseded=_superseded(rows, entity),
        money=_money(entity, converted, rows, rejected),
        known_from=_moment(rows["known_at"].min()),
        known_until=_moment(rows["known_at"].max()),
    )
    sources = {one.name: one.source for one in read}
    return Checked(manifest, _landed(rows, entity, manifest), _quarantine(faults, raw, manifest, sources))


def _convert(
    raw: RawTable, entity: Entity, mapping: FileMapping, loaded_at: datetime
) -> tuple[pl.DataFrame, tuple[Reading, ...], int]:
    """Return the selected rows with canonical columns and the texts that could not be read."""
    rows = with_digests(raw, mapping)
    cells = Cells(schema=rows.schema, mapping=mapping)
    stamp = known_at(mapping, cells, loaded_at=loaded_at)
    read = (*readings(entity, mapping, cells), stamp)
    mapped = {one.name for one in read}
    unmapped = {name: column for name, column in entity.columns.items() if name not in mapped}
    absent = [pl.lit(None, dtype=POLARS_TYPES[column.type]).alias(name) for name, column in unmapped.items()]
    deleted = holds(mapping.deleted, cells) if mapping.deleted else pl.lit(value=False)
    values = [one.value.alias(one.name) for one in read]
    texts = [one.text.cast(pl.String).alias(unread(one.name)) for one in read]
    failed = [pl.when(pl.col(one.name).is_null()).then(unread(one.name)).alias(unread(one.name)) for one in read]
    failed += [pl.lit(None, dtype=pl.String).alias(unread(name)) for name in unmapped]
    converted = (
        rows.lazy()
        .filter(selected(mapping, cells))
        .select(LINE, *values, *absent, *texts, deleted.alias(DELETED))
        .with_columns(failed)
        .collect()
    )
    return converted, read, rows.height


def _faults(converted: pl.DataFrame, row_rules: tuple[Rule, ...]) -> pl.DataFrame:
    """Return one row per fault: line, number of the rule, and what was found."""
    counts = converted.select(
        rule.broken.fill_null(value=False).sum().alias(str(number)) for number, rule in enumerate(row_rules)
    ).row(0)
    broken = [
        converted.filter(rule.broken).select(
            pl.col(LINE).alias("source_line"),
            pl.lit(rule.column).alias("column"),
            pl.lit(rule.name).alias("rule"),
            pl.lit(rule.expected).alias("expected"),
            rule.found.alias("found"),
        )
        for rule, count in zip(row_rules, counts, strict=True)
        if count
    ]
    return pl.concat([pl.DataFrame(schema=_FAULT_SCHEMA), *broken]).sort("source_line", maintain_order=True)


def _landed(rows: pl.DataFrame, entity: Entity, manifest: BatchManifest) -> pl.DataFrame:
    return rows.with_columns(
        pl.lit(manifest.source_system).alias("source_system"),
        pl.lit(manifest.batch_id).alias("batch_id"),
        pl.col(LINE).alias("source_line"),
    ).select(pl.col(name).cast(kind) for name, kind in landing_schema(entity).items())


def _quarantine(faults: pl.DataFrame, raw: RawTable, manifest: BatchManifest, sources: dict[str, str]) -> pl.DataFrame:
    if not faults.height:
        return pl.DataFrame(schema=dict(QUARANTINE_SCHEMA))
    lines = faults["source_line"].unique().sort()
    shown = raw.whole(lines).select(pl.struct(pl.all()).struct.json_encode().alias("raw"))
    return (
        faults.join(shown.with_columns(lines), on="source_line", how="left", maintain_order="left")
        .with_columns(
            pl.lit(manifest.batch_id).alias("batch_id"),
            pl.lit(manifest.entity).alias("entity"),
            pl.lit(manifest.source_system).alias("source_system"),
            pl.lit(manifest.file).alias("file"),
            pl.int_range(1, pl.len() + 1).over("source_line").alias("fault_number"),
            pl.col("column").replace_strict(sources, default="").alias("source_column"),
            pl.lit(naive(manifest.loaded_at)).alias("loaded_at"),
        )
        .select(pl.col(name).cast(kind) for name, kind in QUARANTINE_SCHEMA.items())
    )


def _superseded(rows: pl.DataFrame, entity: Entity) -> int:
    return rows.height - rows.select(*entity.key, "known_at").n_unique() if rows.height else 0


def _money(entity: Entity, read: pl.DataFrame, landed: pl.DataFrame, rejected: pl.DataFrame) -> tuple[MoneyTotal, ...]:
    currency = currency_column(entity)
    totals = []
    for column in entity.money_columns:
        sums = [_sums(rows, column, currency) for rows in (read, landed, rejected)]
        for code in sorted(sums[0]):
            totals.append(MoneyTotal(column, code, *(one.get(code, Decimal("0.00")) for one in sums)))
    return tuple(totals)


def _sums(rows: pl.DataFrame, column: str, currency: str | None) -> dict[str, Decimal]:
    code = pl.col(currency).fill_null("") if currency else pl.lit("")
    filled = rows.filter(pl.col(column).is_not_null())
    sums = filled.group_by(code.alias("code")).agg(pl.col(column).cast(pl.Decimal(38, 2)).sum())
    return {name: total for name, total in sums.iter_rows() if name is not None}


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _nothing_good(faults: pl.DataFrame, mapping: FileMapping, delivery: Delivery, rows: int) -> InputError:
    shown = faults.unique(["column", "rule"], keep="first", maintain_order=True).head(_FAULTS_SHOWN)
    return InputError(
        "No row of the file meets the contract; the file was refused.",
        where=f"{delivery.file} as {mapping.entity}",
        found=f"{counted(rows, 'row')}, each with a fault; the first of each kind are",
        faults=[
            Fault(f"line {line}, {column}", f"{expected} ({rule})", found)
            for line, column, rule, expected, found in shown.iter_rows()
        ],
        next_step=f"correct {mapping.place}, or request the export again",
    )


def digest_of(rows: pl.DataFrame) -> str:
    """Return the sha256 of rows that come from no file."""
    return hashlib.sha256(rows.select(sorted(rows.columns)).write_csv().encode()).hexdigest()
