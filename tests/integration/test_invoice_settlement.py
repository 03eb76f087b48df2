"""What is open and what is settled is one answer: that of the marts is that of the score's outcomes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.invoice_dispute.outcome import outcomes
from leadline.warehouse.snapshot import Snapshot

CUT = datetime(2026, 2, 13, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("as_of", [None, CUT], ids=["now", "then"])
def test_marts_and_outcomes_agree_on_what_is_settled_and_since_when(
    demo_known: Callable[[datetime | None], Snapshot], as_of: datetime | None
) -> None:
    snapshot = demo_known(as_of)
    moment = as_of or snapshot.known_until
    assert moment is not None
    said = outcomes(snapshot, as_of=moment).select("invoice_id", "settled_on").collect().sort("invoice_id")
    issued = snapshot.mart("int_invoice_position").filter("is_issued").select("invoice_id", "settled_on", "open_amount")
    found = issued.collect().sort("invoice_id")
    assert_frame_equal(found.select("invoice_id", "settled_on"), said)
    assert found["settled_on"].null_count() not in (0, found.height)
    # What is settled owes no more than a bank charge, and what owes nothing is settled.
    gross = snapshot.mart("int_invoice_position").select("invoice_id", "gross_amount").collect()
    judged = found.join(gross, on="invoice_id").with_columns(
        charge=pl.col("gross_amount").cast(pl.Float64) * 0.01 + 0.005, owed=pl.col("open_amount").cast(pl.Float64)
    )
    assert judged.filter((pl.col("owed") <= pl.col("charge")) != pl.col("settled_on").is_not_null()).is_empty()
