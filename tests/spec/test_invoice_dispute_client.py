"""A client's history is that of all its accounts, from the moment on which they were known to be one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import features.invoice_dispute.frame
from features.invoice_dispute.client_history import CLIENT_FEATURES
from features.invoice_dispute.evidence import evidence
from features.invoice_dispute.frame import features as dispute_features
from tests.support.point_in_time import MemoryReader
from tests.support.truncation import assert_truncation_invariant

MATCHED, SPLIT = datetime(2026, 3, 10), datetime(2026, 3, 12)
BEFORE, BETWEEN, AFTER = (datetime(2026, 3, day, 20, tzinfo=UTC) for day in (9, 11, 13))
VERDICT = {
    "left_account_id": "A",
    "right_account_id": "B",
    "judge": "steward",
    "verdict": "match",
    "judged_by": "ana",
    "judged_on": date(2026, 3, 10),
    "known_at": MATCHED,
}


def _invoice(account: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "invoice_id": f"{account}{number}",
        "account_id": account,
        "status": "issued",
        "issue_date": date(2025, 9, 1),
        "due_date": date(2025, 10, 1),
        "amount": "100.00" if account == "A" else "900.00",
        "currency": "USD",
        **more,
    }


def _firm(*verdicts: dict[str, Any]) -> MemoryReader:
    """A disputed each of its four old invoices, B none of its six, C none of its two; one invoice of each is open."""
    old = [_invoice(account, number) for account, count in (("A", 4), ("B", 6), ("C", 2)) for number in range(count)]
    young = {"issue_date": date(2026, 3, 1), "due_date": date(2026, 3, 31)}
    disputes = [
        {"dispute_id": f"D{one['invoice_id']}", "invoice_id": one["invoice_id"], "opened_on": date(2025, 9, 10)}
        | {"amount": "100.00", "status": "accepted", "currency": "USD"}
        for one in old
        if one["account_id"] == "A"
    ]
    payments = [
        {"payment_id": f"Y{one['invoice_id']}", "invoice_id": one["invoice_id"], "paid_on": date(2025, 9, 20)}
        | {"amount": one["amount"], "currency": "USD"}
        for one in old
    ]
    return MemoryReader(
        {
            "account": [{"account_id": one, "name": one, "created_on": date(2024, 1, 1)} for one in "ABC"],
            "invoice": [*old, *(_invoice(account, 9, **young) for account in "ABC")],
            "dispute": disputes,
            "payment": payments,
            "account_match": list(verdicts),
        }
    )


def _clients(reader: MemoryReader, as_of: datetime) -> pl.DataFrame:
    return dispute_features(reader, as_of=as_of).select("account_id", "client_id", *CLIENT_FEATURES)


def test_a_verdict_joins_the_histories_of_both_accounts_from_its_moment_on_and_not_before() -> None:
    alone, joined = _firm(), _firm(VERDICT)
    assert_frame_equal(_clients(joined, BEFORE), _clients(alone, BEFORE), check_exact=True)
    rates = dict(_clients(alone, BETWEEN).select("account_id", "client_dispute_rate").iter_rows())
    after = _clients(joined, BETWEEN)
    assert after["client_id"].to_list() == ["A", "A", "C"]
    # The firm's rate: 4 of 12 disputed, and 50 invoices at 6%. A client's: pulled to it by ten invoices.
    firm = (4 + 50 * 0.06) / (12 + 50)
    assert after["client_dispute_rate"].to_list() == pytest.approx(
        [(4 + 10 * firm) / (10 + 10)] * 2 + [(0 + 10 * firm) / (2 + 10)]
    )
    assert rates["A"] == pytest.approx((4 + 10 * firm) / (4 + 10))
    assert rates["B"] == pytest.approx((0 + 10 * firm) / (6 + 10))
    assert_frame_equal(after.tail(1), _clients(alone, BETWEEN).tail(1), check_exact=True)


def test_a_split_by_a_steward_parts_them_again() -> None:
    split = VERDICT | {"verdict": "split", "judged_on": date(2026, 3, 12), "known_at": SPLIT}
    reader = _firm(VERDICT, split)
    assert _clients(reader, BETWEEN)["client_id"].to_list() == ["A", "A", "C"]
    assert_frame_equal(_clients(reader, AFTER), _clients(_firm(), AFTER), check_exact=True)


def test_the_disputes_shown_as_evidence_are_those_of_the_whole_client() -> None:
    def shown(as_of: datetime) -> int:
        rows = evidence(_firm(VERDICT), as_of=as_of, invoice_ids=["B9"])
        return rows.filter(code="client_history").height

    assert (shown(BEFORE), shown(BETWEEN)) == (0, 4)


def test_a_verdict_that_lands_later_changes_nothing_earlier() -> None:
    cuts = [moment + timedelta(seconds=step) for moment in (BEFORE, BETWEEN) for step in (0, 1)]
    assert_truncation_invariant(features.invoice_dispute.frame, _firm(VERDICT), cuts)
