"""Master data that several scores join: the golden client of an account, and where a project's lines belong."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import polars as pl

from leadline.warehouse.point_in_time import PointInTimeReader

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def clients(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """Return the golden client of every account known at ``as_of``, by the rule ``int_account_client``.

    Grain: one row per ``account_id``, sorted: ``account_id`` and ``client_id``. Accounts are one client where their
    source says so, the matcher merged them or a steward matched them, unless a steward split them: as known then.
    """
    return reader.rule("int_account_client", as_of=as_of, columns=("account_id", "client_id"))


def with_client(frame: Frame, *, reader: PointInTimeReader, as_of: datetime, account: str = "account_id") -> Frame:
    """Add ``client_id`` by the account named in column ``account``, as known at ``as_of``.

    An account that is not (yet) delivered stands for itself; a null account stays null. Row order is kept.
    """
    golden = clients(reader, as_of=as_of).rename({"account_id": account})
    result = (
        frame.lazy()
        .join(golden, on=account, how="left", maintain_order="left")
        .with_columns(pl.coalesce("client_id", account).alias("client_id"))
    )
    return result.collect() if isinstance(frame, pl.DataFrame) else result


def contracts_of(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return what routes and prices a project's lines: one row per project, sorted."""
    projects = reader.core("project", as_of=as_of)
    return (
        one_per(projects, "project_id")
        .select("project_id", "account_id", "legal_entity_id", "contract_id")
        .sort("project_id")
        .collect()
    )


def one_per(rows: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """Return one row per key, the first by source system: a guard for joins, should two systems deliver one id."""
    return rows.sort(key, "source_system").unique(key, keep="first", maintain_order=True)
