"""The guard is guarded: features that look into the future, planted on purpose, must be caught by truncation.

Each canary is a module as a score's is, with one leak of the kind that slips into real code.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import polars as pl
import pytest

from leadline.warehouse.point_in_time import PointInTimeReader, naive
from leadline.warehouse.snapshot import Snapshot
from tests.support.truncation import assert_same_as_of

CUT = datetime(2026, 2, 13, 23, 59, 59, tzinfo=UTC)
Snapshots = Callable[[datetime | None], Snapshot]
Features = Callable[..., pl.DataFrame]


def _invoices(reader: PointInTimeReader, as_of: datetime) -> pl.LazyFrame:
    return reader.core("invoice", as_of=as_of).select("invoice_id", "account_id", "amount").sort("invoice_id")


def _honest(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """The client's disputes as known by the as-of."""
    disputed = reader.core("dispute", as_of=as_of).select("invoice_id").unique().with_columns(disputed=pl.lit(1.0))
    rows = _invoices(reader, as_of).join(disputed, on="invoice_id", how="left", maintain_order="left")
    return rows.with_columns(rate=pl.col("disputed").fill_null(0.0).mean().over("account_id")).collect()


def _whole_table(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Leak: the client's dispute rate over everything that was ever landed."""
    latest = reader.known_until
    assert latest is not None
    ever = reader.core("dispute", as_of=latest).select("invoice_id").unique().with_columns(disputed=pl.lit(1.0))
    all_invoices = _invoices(reader, latest).join(ever, on="invoice_id", how="left", maintain_order="left")
    rate = all_invoices.group_by("account_id").agg(rate=pl.col("disputed").fill_null(0.0).mean())
    return _invoices(reader, as_of).join(rate, on="account_id", how="left", maintain_order="left").collect()


def _outcome_field(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Leak: the status that the invoice has in the newest data, paid or not."""
    latest = reader.known_until
    assert latest is not None
    status = reader.core("invoice", as_of=latest).select("invoice_id", "status")
    return _invoices(reader, as_of).join(status, on="invoice_id", how="left", maintain_order="left").collect()


def _late_version(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Leak: the mean of a whole column, later rows and all, used to scale the rows of the day."""
    latest = reader.known_until
    assert latest is not None
    mean = _invoices(reader, latest).select(pl.col("amount").cast(pl.Float64).mean()).collect().item()
    return _invoices(reader, as_of).with_columns(scaled=pl.col("amount").cast(pl.Float64) / mean).collect()


def _future_rows(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Leak: versions recorded after the as-of, filtered by the day the thing happened and not by when it was
    recorded.
    """
    latest = reader.known_until
    assert latest is not None
    day = naive(as_of).date()
    entries = reader.core("time_entry", as_of=latest).filter(pl.col("work_date") <= day)
    return entries.group_by("person_id").agg(hours=pl.col("hours").cast(pl.Float64).sum()).sort("person_id").collect()


def _score(features: Features) -> SimpleNamespace:
    return SimpleNamespace(features=features)


def test_an_honest_feature_passes(demo_known: Snapshots) -> None:
    assert assert_same_as_of(_score(_honest), demo_known(None), demo_known(CUT), at=CUT) > 0


@pytest.mark.parametrize(
    "canary", [_whole_table, _outcome_field, _late_version, _future_rows], ids=lambda canary: canary.__name__.strip("_")
)
def test_a_feature_that_knows_the_future_is_caught(demo_known: Snapshots, canary: Features) -> None:
    with pytest.raises(AssertionError):
        assert_same_as_of(_score(canary), demo_known(None), demo_known(CUT), at=CUT)
