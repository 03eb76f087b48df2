"""Faults of the ledger: cash that does not settle invoices, revenue that does not follow its schedule."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from leadline.simulator.book_edits import (
    MADE_UP_HOUR,
    OTHER_CURRENCY,
    Books,
    cents,
    entity_of,
    gross,
    payment_id,
)
from leadline.simulator.days import at
from leadline.simulator.versions import Row


def _pay(books: Books, key: str, invoice_id: str, when: int, amount: Decimal, currency: str) -> None:
    stamp = at(when, MADE_UP_HOUR)
    values: Row = {"invoice_id": invoice_id, "paid_on": when, "amount": float(amount), "currency": currency}
    books.log.add("payment", stamp, payment_id=key, **values)


def payment_for_unknown_invoice(books: Books) -> None:
    """A payment names an invoice that does not exist."""
    for invoice in books.invoices():
        key, amount = f"ZX{invoice.id[1:]}-U", Decimal("1500.75")
        _pay(books, key, f"DX{invoice.id[1:]}", books.ripe, amount, invoice.contract.currency)
        books.note("payment_for_unknown_invoice", key, None, invoice.contract.currency, amount)


def payment_for_unissued_invoice(books: Books) -> None:
    """A payment names a draft."""
    rows = {row["invoice_id"]: row for row in books.latest("invoice").iter_rows(named=True)}
    for invoice in books.invoices():
        key, draft, amount = f"ZX{invoice.id[1:]}-D", f"DX{invoice.id[1:]}", Decimal("640.20")
        unsent = {"invoice_number": None, "issue_date": None, "due_date": None, "status": "draft"}
        books.copy("invoice", rows[invoice.id], at(invoice.run, MADE_UP_HOUR), **unsent, invoice_id=draft)
        _pay(books, key, draft, books.ripe, amount, invoice.contract.currency)
        books.note_in(invoice.contract, "payment_for_unissued_invoice", key, amount)


def payment_in_other_currency(books: Books) -> None:
    """A payment comes in another currency than its invoice."""
    for invoice in books.invoices():
        key, amount, other = f"ZX{invoice.id[1:]}-C", Decimal("720.30"), OTHER_CURRENCY[invoice.contract.currency]
        _pay(books, key, invoice.id, books.ripe, amount, other)
        books.note("payment_in_other_currency", key, entity_of(invoice.contract), other, amount)


def invoice_overpaid(books: Books) -> None:
    """A client pays an invoice a second time."""
    paid = dict(books.latest("payment").select("payment_id", "amount").iter_rows())
    for invoice in books.invoices():
        _pay(books, f"ZX{invoice.id[1:]}-2", invoice.id, books.ripe, gross(invoice), invoice.contract.currency)
        # The tax of the first payment may be rounded otherwise than that of the invoice: what is too much is the first.
        books.note_in(invoice.contract, "invoice_overpaid", invoice.id, paid[payment_id(invoice)])


def credit_above_invoice(books: Books) -> None:
    """A credit note gives back more than the invoice."""
    for invoice in books.invoices():
        net = cents(invoice.amount) + Decimal("200.00")
        books.log.add(
            "credit_note",
            at(books.ripe, MADE_UP_HOUR),
            credit_note_id=f"GX{invoice.id[1:]}",
            invoice_id=invoice.id,
            issued_on=books.ripe,
            amount=float(net),
            currency=invoice.contract.currency,
            reason_code="billing_error",
        )
        excess = cents(net * gross(invoice) / cents(invoice.amount)) - gross(invoice)
        books.note_in(invoice.contract, "credit_above_invoice", invoice.id, excess)


def paid_invoice_open(books: Books) -> None:
    """A client pays less, and the invoice counts as paid."""
    for invoice in books.invoices():
        books.change("payment", payment_id(invoice), amount=float(gross(invoice) - Decimal("45.05")))
        books.note_in(invoice.contract, "paid_invoice_open", invoice.id, Decimal("-45.05"))


def _periods(books: Books, wanted: pl.Expr) -> Iterator[tuple[str, Row]]:
    """Yield some recognised periods of the revenue schedule with their legal entity."""
    entities = {course.contract.id: entity_of(course.contract) for course in books.courses}
    rows = books.latest("revenue_schedule").filter(
        (pl.col("status") == "recognised") & (pl.col("period_end") < books.ripe) & (pl.col("amount") > 10) & wanted
    )
    for row in books.pick(rows.iter_rows(named=True), lambda row: row["revenue_id"]):
        yield entities[row["contract_id"]], row


def revenue_off_schedule(books: Books) -> None:
    """A period of a method without judgement is recognised at another amount than planned."""
    for entity, row in _periods(books, pl.col("method").is_in(["straight_line", "point_in_time"])):
        key, amount = row["revenue_id"], cents(row["amount"]) + Decimal("33.30")
        books.change("revenue_schedule", key, status="recognised", amount=float(amount))
        books.note("revenue_off_schedule", key, entity, row["currency"], Decimal("33.30"))


def revenue_not_recognised(books: Books) -> None:
    """A period ends and stays planned."""
    for entity, row in _periods(books, ~pl.col("method").is_in(["over_time_cost"])):
        key = row["revenue_id"]
        books.drop("revenue_schedule", key, status="recognised")
        books.note("revenue_not_recognised", key, entity, row["currency"], -cents(row["amount"]))


def revenue_recognised_twice(books: Books) -> None:
    """A period is recognised again under another number."""
    for entity, row in _periods(books, pl.lit(True)):
        key = f"{row['revenue_id']}X"
        books.copy("revenue_schedule", row, at(books.ripe + 5, MADE_UP_HOUR), revenue_id=key)
        books.note("revenue_recognised_twice", key, entity, row["currency"], row["amount"])


def revenue_in_other_currency(books: Books) -> None:
    """A period is in another currency than its contract."""
    for entity, row in _periods(books, pl.lit(True)):
        key, other = row["revenue_id"], OTHER_CURRENCY[row["currency"]]
        books.change("revenue_schedule", key, currency=other)
        books.note("revenue_in_other_currency", key, entity, other, row["amount"])
