"""What a dispute costs, by drawn records: what was credited or never paid, and how much later the rest came."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from features.invoice_dispute.frame import features
from features.invoice_dispute.loss import DEFAULT_WEIGHT, loss_given_dispute
from features.invoice_dispute.outcome import outcomes
from tests.support.point_in_time import MemoryReader, Row

AS_OF = datetime(2026, 6, 30, 23, tzinfo=UTC)


def invoice(key: str, issued: date, due: date, **values: Any) -> dict[str, Any]:
    """A paid or issued invoice over 1,000 USD net of tax, 200 of tax."""
    drawn = {"invoice_id": key, "account_id": "A", "issue_date": issued, "due_date": due, "status": "issued"}
    return drawn | {"amount": "1000.00", "tax_amount": "200.00", "currency": "USD"} | values


def dispute(key: str, day: date) -> Row:
    return {"dispute_id": f"D-{key}", "invoice_id": key, "opened_on": day, "status": "open"}


def payment(key: str, day: date, amount: str = "1200.00") -> Row:
    paid = {"payment_id": f"P-{key}", "invoice_id": key, "paid_on": day, "amount": amount, "currency": "USD"}
    return paid | {"known_at": datetime(day.year, day.month, day.day, 20)}


def credit(key: str, day: date, amount: str) -> Row:
    granted = {"credit_note_id": f"C-{key}", "invoice_id": key, "issued_on": day, "amount": amount, "currency": "USD"}
    return granted | {"known_at": datetime(day.year, day.month, day.day, 20)}


def learned(reader: MemoryReader, *, as_of: datetime = AS_OF) -> tuple[float, float]:
    """Loss share and days of delay, the firm's defaults taken off again: what the records themselves say."""
    past = outcomes(reader, as_of=as_of)
    row = loss_given_dispute(reader, past, as_of=as_of).collect().row(0, named=True)
    return row["loss_share"], row["delay_days"]


def shrunk(total: float, count: int, default: float) -> float:
    return (total + DEFAULT_WEIGHT * default) / (count + DEFAULT_WEIGHT)


JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 1, 31)


def test_without_a_past_the_firms_defaults_speak() -> None:
    assert learned(MemoryReader({})) == (0.3, 30.0)


def test_the_share_is_what_was_credited_of_the_disputed_amounts_that_have_ended() -> None:
    reader = MemoryReader(
        {
            "invoice": [
                invoice("I1", JANUARY, FEBRUARY),
                invoice("I2", JANUARY, FEBRUARY, amount="3000.00", tax_amount="0.00"),
                invoice("I3", JANUARY, FEBRUARY),
                invoice("I4", JANUARY, FEBRUARY),
            ],
            # I1 loses half, I2 nothing, I3 is still being argued about, I4 was never disputed.
            "dispute": [dispute(key, date(2026, 2, 10)) for key in ("I1", "I2", "I3")],
            "credit_note": [credit("I1", date(2026, 3, 1), "500.00")],
            "payment": [
                payment("I1", date(2026, 3, 2), "700.00"),
                payment("I2", date(2026, 3, 2), "3000.00"),
                payment("I4", FEBRUARY),
            ],
        }
    )
    share, delay = learned(reader)
    # Weighted by money: 1,000 of mean 2,000 weighs 0.5, and 0.5 of it was lost.
    assert share == pytest.approx(shrunk(0.5 * 0.5, 2, 0.3))
    # I1 and I2 were settled 30 days after they were due, I3 is 150 days late so far; I4 was paid on the day.
    assert delay == pytest.approx(shrunk(30 + 30 + 150, 3, 30))


def test_what_is_unpaid_a_year_after_issue_counts_as_lost() -> None:
    start, due = date(2025, 1, 1), date(2025, 1, 31)
    tables = {
        "invoice": [invoice("I1", start, due)],
        "dispute": [dispute("I1", date(2025, 2, 10))],
        "payment": [payment("I1", date(2025, 3, 1), "300.00")],
    }
    assert learned(MemoryReader(tables))[0] == pytest.approx(shrunk(0.75, 1, 0.3))
    young = datetime(2025, 12, 1, tzinfo=UTC)
    assert learned(MemoryReader(tables), as_of=young)[0] == pytest.approx(0.3)


def test_what_the_source_calls_paid_and_was_paid_short_is_lost_at_once() -> None:
    tables = {
        "invoice": [invoice("I1", JANUARY, FEBRUARY, status="paid")],
        "payment": [payment("I1", date(2026, 2, 1), "900.00")],
    }
    share, delay = learned(MemoryReader(tables))
    assert share == pytest.approx(shrunk(0.25, 1, 0.3))
    assert delay == 30.0


def test_a_credit_note_of_tomorrow_is_not_known_today() -> None:
    tables = {
        "invoice": [invoice("I1", JANUARY, FEBRUARY)],
        "dispute": [dispute("I1", date(2026, 2, 10))],
        "credit_note": [credit("I1", date(2026, 7, 10), "1000.00")],
        "payment": [payment("I1", date(2026, 5, 1))],
    }
    assert learned(MemoryReader(tables))[0] == pytest.approx(shrunk(0.0, 1, 0.3))
    later = datetime(2026, 7, 31, tzinfo=UTC)
    assert learned(MemoryReader(tables), as_of=later)[0] == pytest.approx(shrunk(1.0, 1, 0.3))


def test_money_is_the_lost_share_of_the_net_amount_and_the_cost_of_waiting_for_the_gross_one() -> None:
    reader = MemoryReader({"invoice": [invoice("I1", date(2026, 6, 20), date(2026, 7, 20))]})
    (row,) = features(reader, as_of=AS_OF).to_dicts()
    assert row["at_risk"] == pytest.approx(1000 * 0.3 + 1200 * 0.08 * 30 / 365)


def test_an_invoice_that_pays_back_puts_nothing_at_risk() -> None:
    refund = invoice("I1", date(2026, 6, 20), date(2026, 7, 20), amount="-1000.00", tax_amount="-200.00")
    (row,) = features(MemoryReader({"invoice": [refund]}), as_of=AS_OF).to_dicts()
    assert row["at_risk"] == 0.0
