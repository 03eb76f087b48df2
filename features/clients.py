"""One client, however many systems know it: the golden client id."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import polars as pl

from leadline.kernel.warehouse.known import Known

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def clients(known: Known, *, as_of: datetime) -> pl.LazyFrame:
    """Return the golden client of every account known at ``as_of``.

    Grain: one row per ``account_id``, sorted. ``client_id`` is the id in the system of record where the source
    knows it, else its own id.
    """
    golden = pl.coalesce("master_account_id", "account_id")
    return (
        known.core("account", as_of=as_of)
        .sort("account_id", "source_system")
        .unique("account_id", keep="first", maintain_order=True)
        .select("account_id", golden.alias("client_id"))
    )


def with_client(frame: Frame, *, known: Known, as_of: datetime, account: str = "account_id") -> Frame:
    """Add ``client_id`` by the account named in column ``account``, as known at ``as_of``.

    An account that is not (yet) delivered stands for itself; a null account stays null. Row order is kept.
    """
    golden = clients(known, as_of=as_of).rename({"account_id": account})
    result = (
        frame.lazy()
        .join(golden, on=account, how="left", maintain_order="left")
        .with_columns(pl.coalesce("client_id", account).alias("client_id"))
    )
    return result.collect() if isinstance(frame, pl.DataFrame) else result
