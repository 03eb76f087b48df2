"""The row rules of the input contract, as expressions over converted rows: each says which rows break it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from leadline.kernel.contracts import Column, Entity
from leadline.sources.currencies import ISO_4217
from leadline.sources.texts import DECIMALS

DELETED = "is_deleted"


@dataclass(frozen=True)
class Rule:
    """One rule on one canonical column. ``broken`` and ``found`` are expressions over the converted rows.

    ``name`` is one of type, required, allowed, minimum, maximum, order, currency, money_without_currency.
    """

    name: str
    column: str
    expected: str
    broken: pl.Expr
    found: pl.Expr


def unread(name: str) -> str:
    """Return the name of the column that holds a column's text where it could not be read, else null."""
    return f" unread {name}"


def rules(entity: Entity, expectations: Mapping[str, str]) -> tuple[Rule, ...]:
    """Return the rules of an entity for rows whose ``expectations`` say how each text had to look.

    The rows hold the entity's columns, ``is_deleted``, and for each expectation the text that could not be read.
    A deleted row needs its key only.
    """
    found = [_type_rule(name, text) for name, text in expectations.items()]
    for column in entity.columns.values():
        found += _column_rules(entity, column)
    found += [_order_rule(first, second) for first, second in entity.ordered]
    found += _money_rules(entity)
    return tuple(found)


def _type_rule(name: str, expected: str) -> Rule:
    text = pl.col(unread(name))
    return Rule("type", name, expected, text.is_not_null(), text)


def _column_rules(entity: Entity, column: Column) -> Iterator[Rule]:
    value, text = pl.col(column.name), pl.col(column.name).cast(pl.String)
    if column.required or column.name in entity.key:
        yield _required_rule(entity, column)
    if column.allowed:
        yield Rule("allowed", column.name, "one of " + ", ".join(column.allowed), ~value.is_in(column.allowed), text)
    if column.type == "currency":
        unknown = ~value.is_in(sorted(ISO_4217))
        yield Rule("currency", column.name, "an ISO 4217 currency such as EUR", unknown, text)
    if column.minimum is not None:
        yield Rule(
            "minimum", column.name, f"at least {plain(column.minimum)}", value < _bound(column, column.minimum), text
        )
    if column.maximum is not None:
        yield Rule(
            "maximum", column.name, f"at most {plain(column.maximum)}", value > _bound(column, column.maximum), text
        )


def _required_rule(entity: Entity, column: Column) -> Rule:
    missing = pl.col(column.name).is_null() & pl.col(unread(column.name)).is_null()
    if column.name not in entity.key:
        missing &= ~pl.col(DELETED)
    return Rule("required", column.name, f"a value ({column.type})", missing, pl.lit("nothing"))


def plain(number: float) -> str:
    """Return a bound as people write it: 1000000, not 1e+06."""
    return f"{Decimal(str(number)):f}".removesuffix(".0")


def _bound(column: Column, value: float) -> pl.Expr:
    return pl.lit(Decimal(str(value))) if column.type in DECIMALS else pl.lit(value)


def _order_rule(first: str, second: str) -> Rule:
    found = pl.format("{} before {}", pl.col(second).cast(pl.String), pl.col(first).cast(pl.String))
    return Rule("order", second, f"not before {first}", pl.col(second) < pl.col(first), found)


def _money_rules(entity: Entity) -> Iterator[Rule]:
    currency = currency_column(entity)
    if currency is None:
        return
    for name in entity.money_columns:
        bare = pl.col(name).is_not_null() & pl.col(currency).is_null() & pl.col(unread(currency)).is_null()
        yield Rule("money_without_currency", currency, f"a currency for {name}", bare, pl.lit("nothing"))


def currency_column(entity: Entity) -> str | None:
    """Return the column that holds the currency of an entity's money."""
    return next((name for name, column in entity.columns.items() if column.type == "currency"), None)
