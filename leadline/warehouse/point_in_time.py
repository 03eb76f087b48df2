"""Point-in-time reads: the only way for features to read the warehouse.

A core table holds every version of every row, each valid in knowledge time over ``[known_at, known_to)``. Reading as of
T keeps the versions with ``known_at <= T < known_to`` and hides ``known_to``, which is knowledge from after T.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import polars as pl

FOREVER = datetime(9999, 12, 31)


class PointInTimeReader(Protocol):
    """A published snapshot, or an in-memory fake in tests.

    ``snapshot_id`` names the data; ``reporting_currency`` is the currency of money at risk; ``known_until`` is the
    latest ``known_at`` of the data (naive UTC), null when there is none.
    """

    snapshot_id: str
    reporting_currency: str
    known_until: datetime | None

    def has(self, entity: str) -> bool:
        """Return whether any row of the entity was ever landed."""

    def core(self, entity: str, *, as_of: datetime) -> pl.LazyFrame:
        """Return the rows of one entity as known at ``as_of``: one row per key, deletions gone.

        Columns: the contract's, then ``source_system batch_id source_line known_at first_known_at event_at valid_from
        valid_to`` (a contract column of the same name stands for itself). Unknown entity: ConfigurationError.
        """

    def history(self, entity: str, *, as_of: datetime) -> pl.LazyFrame:
        """Return every version known by ``as_of``, deletions included (``is_deleted``).

        ``known_to`` is null where the version still held at ``as_of``.
        """

    def mart(self, name: str, *, as_of: datetime | None = None) -> pl.LazyFrame:
        """Return a published mart or governance table.

        With ``as_of``, the mart must hold ``known_at`` and ``known_to`` and is read as known then.
        """

    def rule(self, name: str, *, as_of: datetime, columns: Sequence[str] = ()) -> pl.LazyFrame:
        """Return a rule of business (a model of dbt_project/models/intermediate) as known at ``as_of``.

        Grain and columns are the model's; ``columns`` asks for some of them alone, which is cheaper. Unknown
        rule: ConfigurationError.
        """

    def rule_part(self, name: str, *, as_of: datetime, columns: Sequence[str], where: str) -> pl.LazyFrame:
        """Return columns of the rows of a rule for which a SQL condition holds, in no order.

        Cheaper than the whole rule where few rows are wanted, such as the weeks to come; nothing is kept for the next
        reader. Unknown rule: ConfigurationError.
        """


def naive(moment: datetime) -> datetime:
    """Return a moment as naive UTC, as the warehouse stores it."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def as_known(versions: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Keep the versions that held in our knowledge at ``as_of`` and drop ``known_to``."""
    at = naive(as_of)
    held = (pl.col("known_at") <= at) & (pl.col("known_to").fill_null(FOREVER) > at)
    return versions.filter(held).drop("known_to")


def without_deleted(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Drop the rows that the source had deleted."""
    return rows.filter(~pl.col("is_deleted")).drop("is_deleted")


def as_history(versions: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Keep the versions known by ``as_of``; those superseded only later count as holding."""
    at = naive(as_of)
    held_to = pl.when(pl.col("known_to") <= at).then(pl.col("known_to"))
    return versions.filter(pl.col("known_at") <= at).with_columns(held_to.alias("known_to"))
