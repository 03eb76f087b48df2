"""Column types that mean the same on SQLite and PostgreSQL: money is Decimal, a moment is UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from leadline.kernel.money import cents


class Money(TypeDecorator[Decimal]):
    """NUMERIC(18,2), read and written as Decimal.

    SQLite has no decimal type: the value goes in as text and its NUMERIC affinity keeps 15 digits exactly, so
    9,999,999,999,999.99 is the largest exact amount there.
    """

    impl = Numeric(18, 2)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_SqliteNumeric() if dialect.name == "sqlite" else Numeric(18, 2))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        exact = cents(value)
        return str(exact) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002 (SQLAlchemy's signature)
        return None if value is None else cents(Decimal(str(value)))


class _SqliteNumeric(Numeric[Any]):
    """NUMERIC in the table's declaration without SQLAlchemy's detour through float."""

    def bind_processor(self, dialect: Dialect) -> None:  # noqa: ARG002
        return None

    def result_processor(self, dialect: Dialect, coltype: Any) -> None:  # noqa: ARG002
        return None

    def __init__(self) -> None:
        super().__init__(18, 2)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: stored naive, as every table of ours does, and read back with its zone."""

    impl = DateTime()
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None or value.tzinfo is None:
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)


def json_type() -> TypeEngine[Any]:
    """Return the JSON type: JSONB on PostgreSQL, text elsewhere. An absent value is SQL NULL."""
    return JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


__all__ = ["Moment", "Money", "Text", "json_type"]
