"""Evidence of leaks drawn in one line, in the shape of the mart ``leakage_evidence``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from tests.support.point_in_time import MemoryReader

MONEY = pl.Decimal(18, 2)
SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(
        (
            "evidence_id", "leakage_class", "contract_line_id", "contract_id", "project_id", "account_id",
            "legal_entity_id", "period",
        ),
        pl.String(),
    ),
    "amount": MONEY,
    "currency": pl.String(),
    "expected_amount": MONEY,
    "billed_amount": MONEY,
    **dict.fromkeys(("left_entity", "left_key", "right_entity", "right_key"), pl.String()),
    "matures_on": pl.Date(),
    "known_at": pl.Datetime("us"),
    "known_to": pl.Datetime("us"),
}  # fmt: skip


def leak(key: str = "TE1", kind: str = "unbilled_time", **given: Any) -> dict[str, Any]:
    """Return one row of evidence: 100.00 USD of January 2026 on line L1, a leak since March, unless ``given``."""
    amount = given.get("amount", "100.00")
    row = {
        "evidence_id": f"{kind}:{key}",
        "leakage_class": kind,
        "contract_line_id": "L1",
        "contract_id": "C1",
        "project_id": "P1",
        "account_id": "K1",
        "legal_entity_id": "LE1",
        "period": "2026-01",
        "amount": amount,
        "currency": "USD",
        "expected_amount": amount,
        "billed_amount": "0.00",
        "left_entity": "time_entry",
        "left_key": key,
        "right_entity": "rate_card",
        "right_key": "R1",
        "matures_on": date(2026, 3, 7),
        "known_at": datetime(2026, 3, 7),
        "known_to": None,
    }
    return {**row, **given}


def leaking(*rows: dict[str, Any], marts: Mapping[str, pl.DataFrame] | None = None, **tables: Any) -> MemoryReader:
    """Return a twin whose mart holds these leaks, beside contract, line and the tables given."""
    drawn = {name: [row[name] for row in rows] for name in SCHEMA}
    frame = pl.DataFrame(
        {
            name: pl.Series(name, drawn[name], dtype=pl.String).cast(MONEY)
            if kind == MONEY
            else pl.Series(name, drawn[name], dtype=kind)
            for name, kind in SCHEMA.items()
        }
    )
    base: dict[str, Any] = {
        "contract": [
            {
                "contract_id": "C1",
                "account_id": "K1",
                "billing_method": "fixed_fee",
                "currency": "USD",
                "status": "active",
            }
        ],
        "contract_line": [
            {
                "contract_line_id": "L1",
                "contract_id": "C1",
                "project_id": "P1",
                "billing_method": "fixed_fee",
                "currency": "USD",
                "amount": "100000.00",
            }
        ],
    }
    return MemoryReader({**base, **tables}, marts={"leakage_evidence": frame, **(marts or {})})
