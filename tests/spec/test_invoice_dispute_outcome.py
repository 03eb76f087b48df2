"""What counts as a disputed, a short-paid and a late invoice, and from when on it can be said."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from features.invoice_dispute.frame import labels, open_invoices
from features.invoice_dispute.outcome import outcomes
from tests.support.point_in_time import MemoryReader

ISSUED, DUE = date(2026, 1, 1), date(2026, 1, 31)
INVOICE = {
    "invoice_id": "I1",
    "account_id": "A",
    "status": "issued",
    "issue_date": ISSUED,
    "due_date": DUE,
    "amount": "1000.00",
    "tax_amount": "200.00",
    "currency": "USD",
}
# Another invoice, paid in full, so that the firm is known to record payments.
OTHER = INVOICE | {"invoice_id": "I0", "issue_date": date(2025, 6, 1), "due_date": date(2025, 7, 1)}
PAID_OTHER = {
    "payment_id": "Y0",
    "invoice_id": "I0",
    "paid_on": date(2025, 6, 30),
    "amount": "1200.00",
    "currency": "USD",
}
MARCH, MAY = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)


def _pay(amount: str, day: date, **more: Any) -> dict[str, Any]:
    return {"payment_id": f"Y{day}", "invoice_id": "I1", "paid_on": day, "amount": amount, "currency": "USD"} | more


def _dispute(day: date, **more: Any) -> dict[str, Any]:
    return {
        "dispute_id": f"D{day}",
        "invoice_id": "I1",
        "opened_on": day,
        "status": "open",
        "cause_code": "price",
    } | more


def _credit(amount: str, day: date, **more: Any) -> dict[str, Any]:
    return {
        "credit_note_id": f"N{day}",
        "invoice_id": "I1",
        "issued_on": day,
        "amount": amount,
        "currency": "USD",
    } | more


def _known(
    *, invoice: dict[str, Any] | None = None, pay: Any = (), dispute: Any = (), credit: Any = ()
) -> MemoryReader:
    return MemoryReader(
        {
            "invoice": [OTHER, INVOICE | (invoice or {})],
            "payment": [PAID_OTHER, *pay],
            "dispute": list(dispute),
            "credit_note": list(credit),
        }
    )


def _fate(reader: MemoryReader, as_of: datetime) -> tuple[float | None, bool, float | None]:
    row = outcomes(reader, as_of=as_of).collect().row(1, named=True)
    assert row["invoice_id"] == "I1"
    return row["label"], row["matured"], row["late"]


PAID = _pay("1200.00", date(2026, 1, 20))
RETURNED = _pay("-1200.00", date(2026, 1, 24))


@pytest.mark.parametrize(
    ("drawn", "as_of", "expected"),
    [
        ({}, MARCH, (None, False, 1.0)),
        ({}, MAY, (0.0, True, 1.0)),
        ({}, datetime(2026, 2, 3, tzinfo=UTC), (None, False, None)),
        ({"pay": [_pay("1200.00", date(2026, 2, 5))]}, MAY, (0.0, True, 0.0)),
        ({"pay": [_pay("1200.00", date(2026, 2, 6))]}, MAY, (0.0, True, 1.0)),
        ({"dispute": [_dispute(date(2026, 2, 1))]}, MARCH, (1.0, False, 1.0)),
        ({"dispute": [_dispute(date(2026, 4, 1))]}, MAY, (1.0, True, 1.0)),
        ({"dispute": [_dispute(date(2026, 4, 2))]}, MAY, (0.0, True, 1.0)),
        ({"dispute": [_dispute(date(2026, 2, 1), status="withdrawn")]}, MAY, (1.0, True, 1.0)),
        ({"credit": [_credit("10.00", date(2026, 2, 1))]}, MARCH, (1.0, False, 1.0)),
        ({"credit": [_credit("9.99", date(2026, 2, 1))]}, MAY, (0.0, True, 1.0)),
        ({"credit": [_credit("5.00", date(2026, 2, 1)), _credit("5.00", date(2026, 2, 2))]}, MAY, (1.0, True, 1.0)),
        ({"credit": [_credit("500.00", date(2026, 4, 2))]}, MAY, (0.0, True, 1.0)),
        ({"pay": [_pay("1100.00", date(2026, 1, 20))]}, MARCH, (None, False, 1.0)),
        ({"pay": [_pay("1100.00", date(2026, 1, 20))]}, MAY, (1.0, True, 1.0)),
        ({"pay": [_pay("1190.00", date(2026, 1, 20))]}, MAY, (0.0, True, 0.0)),
        ({"pay": [_pay("600.00", date(2026, 1, 20)), _pay("600.00", date(2026, 2, 20))]}, MAY, (0.0, True, 1.0)),
        # What money of another currency settles cannot be said.
        ({"pay": [_pay("900.00", date(2026, 1, 20), currency="EUR")]}, MAY, (0.0, True, None)),
        # A credit note states its net amount and relieves of the tax, too: 1,000 of 1,200 and 200.
        ({"credit": [_credit("1000.00", date(2026, 4, 2))]}, MAY, (0.0, True, 1.0)),
        ({"credit": [_credit("1000.00", date(2026, 2, 5))]}, MAY, (1.0, True, 0.0)),
        # A direct debit that was sent back settles nothing, whatever the status says; collected again, it is late.
        ({"pay": [PAID, RETURNED]}, MARCH, (None, False, 1.0)),
        ({"pay": [PAID, RETURNED]}, MAY, (0.0, True, 1.0)),
        ({"pay": [PAID, RETURNED], "invoice": {"status": "paid"}}, MAY, (0.0, True, 1.0)),
        ({"pay": [PAID, RETURNED | {"known_at": datetime(2026, 4, 1)}]}, MARCH, (None, False, 0.0)),
        ({"pay": [PAID, RETURNED, _pay("1200.00", date(2026, 3, 20))]}, MAY, (0.0, True, 1.0)),
        ({"invoice": {"status": "paid"}}, MAY, (0.0, True, None)),
        (
            {"invoice": {"due_date": date(2026, 4, 30)}, "pay": [_pay("1.00", date(2026, 1, 20))]},
            MAY,
            (0.0, True, None),
        ),
        # Without a due day the firm's 30 days hold: due on 31 January, as if stated.
        ({"invoice": {"due_date": None}}, MAY, (0.0, True, 1.0)),
        ({"invoice": {"due_date": None}}, datetime(2026, 2, 5, tzinfo=UTC), (None, False, None)),
    ],
)
def test_an_outcome_is_what_the_records_say_and_null_until_it_can_be_said(
    drawn: dict[str, Any], as_of: datetime, expected: tuple[float | None, bool, float | None]
) -> None:
    assert _fate(_known(**drawn), as_of) == expected


def test_what_is_recorded_later_is_not_known_yet() -> None:
    late = _known(dispute=[_dispute(date(2026, 2, 1), known_at=datetime(2026, 4, 20))])
    assert _fate(late, MARCH) == (None, False, 1.0)
    assert _fate(late, MAY)[0] == 1.0


def test_a_firm_that_records_no_outcomes_has_no_labels() -> None:
    silent = MemoryReader({"invoice": [OTHER, INVOICE]})
    assert _fate(silent, MAY) == (None, True, None)


OPEN_CASES = [
    ({}, True),
    ({"invoice": {"status": "draft", "issue_date": None, "billing_run_date": date(2026, 1, 1)}}, True),
    ({"invoice": {"status": "draft", "issue_date": None, "billing_run_date": date(2025, 9, 1)}}, False),
    ({"invoice": {"status": "cancelled"}}, False),
    ({"invoice": {"status": "paid"}}, False),
    ({"invoice": {"issue_date": date(2025, 11, 1), "due_date": DUE}}, False),
    ({"invoice": {"issue_date": date(2026, 3, 1), "due_date": date(2026, 3, 9)}}, False),
    ({"dispute": [_dispute(date(2026, 1, 9))]}, False),
    ({"dispute": [_dispute(date(2026, 1, 9), known_at=datetime(2026, 2, 9))]}, True),
    ({"credit": [_credit("100.00", date(2026, 1, 9))]}, False),
    ({"credit": [_credit("1.00", date(2026, 1, 9))]}, True),
    ({"pay": [_pay("100.00", date(2026, 1, 9))]}, False),
    ({"pay": [PAID, RETURNED]}, True),
    ({"pay": [PAID, RETURNED], "invoice": {"status": "paid"}}, True),
    ({"pay": [PAID, RETURNED | {"known_at": datetime(2026, 2, 9)}]}, False),
    ({"pay": [PAID, RETURNED, _pay("1200.00", date(2026, 1, 26))]}, False),
    ({"pay": [_pay("900.00", date(2026, 1, 9), currency="EUR")]}, False),
]


@pytest.mark.parametrize(("drawn", "is_open"), OPEN_CASES)
def test_an_open_invoice_is_young_unpaid_undisputed_and_not_credited(drawn: dict[str, Any], is_open: bool) -> None:
    found = open_invoices(_known(**drawn), as_of=datetime(2026, 1, 31, tzinfo=UTC)).collect()
    assert found["invoice_id"].to_list() == (["I1"] if is_open else [])


def test_a_prevented_dispute_is_no_evidence_of_a_clean_invoice() -> None:
    at = datetime(2026, 1, 10, tzinfo=UTC)
    decision = {
        "decision_id": "X1",
        "external_id": "e",
        "score": "invoice_dispute",
        "object_id": "I1",
        "verdict": "confirmed",
        "decided_at": datetime(2026, 1, 12),
        "is_intervention": True,
    }
    tables: dict[str, Any] = {"invoice": [OTHER, INVOICE], "payment": [PAID_OTHER], "decision": [decision]}
    assert labels(MemoryReader(tables), observed_at=at, as_of=MAY)["label"].to_list() == [None]
    tables["decision"] = [decision | {"is_intervention": False}]
    assert labels(MemoryReader(tables), observed_at=at, as_of=MAY)["label"].to_list() == [0.0]
    dispute = _dispute(date(2026, 2, 1), known_at=datetime(2026, 2, 1))
    tables |= {"decision": [decision], "dispute": [dispute]}
    assert labels(MemoryReader(tables), observed_at=at, as_of=MAY)["label"].to_list() == [1.0]
