"""One client, however many accounts."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from features.master_data import with_client
from tests.support.point_in_time import MemoryReader

JAN, MAR = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 3, 15, tzinfo=UTC)
ACCOUNTS = MemoryReader(
    {
        "account": [
            {"account_id": "ERP1", "name": "Acorn"},
            {"account_id": "CRM9", "name": "ACORN Ltd", "known_at": datetime(2026, 1, 1)},
            {"account_id": "CRM9", "name": "ACORN Ltd", "master_account_id": "ERP1", "known_at": datetime(2026, 2, 1)},
        ]
    }
)
ROWS = pl.DataFrame({"account_id": ["CRM9", "ERP1", "UNKNOWN", None]})


def _clients(as_of: datetime) -> list[str | None]:
    return with_client(ROWS, reader=ACCOUNTS, as_of=as_of)["client_id"].to_list()


def test_accounts_of_one_client_share_its_golden_id_once_the_link_is_known() -> None:
    assert _clients(MAR) == ["ERP1", "ERP1", "UNKNOWN", None]


def test_before_the_link_is_known_each_account_stands_for_itself() -> None:
    assert _clients(JAN) == ["CRM9", "ERP1", "UNKNOWN", None]


def test_without_accounts_every_account_stands_for_itself() -> None:
    done = with_client(ROWS.lazy(), reader=MemoryReader({}), as_of=MAR).collect()
    assert done["client_id"].to_list() == ["CRM9", "ERP1", "UNKNOWN", None]
