"""Faults of billing: work not billed or billed wrongly, and invoices that contradict their lines."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.billing import Invoice, InvoiceLine
from leadline.simulator.book_edits import (
    MADE_UP_HOUR,
    OTHER_CURRENCY,
    Books,
    cents,
    entity_of,
    gross,
    payment_id,
    price,
)
from leadline.simulator.contracts import RECURRING, TM, Contract, Line
from leadline.simulator.days import as_date, at
from leadline.simulator.versions import Row


def _by_the_hour(books: Books, purpose: str) -> Iterator[tuple[Contract, Line]]:
    """Yield some lines billed by the hour and without a ceiling."""
    lines = [
        (course.contract, line)
        for course in books.courses
        for line in course.contract.lines
        if line.method == TM and not line.cap and course.contract.start < books.ripe
    ]
    yield from books.pick(lines, lambda pair: f"{purpose} {pair[1].id}")


def _new_entry(
    books: Books, contract: Contract, line: Line, key: str, status: str, invoice_line: str | None
) -> Decimal:
    """Record three and a quarter hours of a consultant on the contract's first day; return what they are worth."""
    role, hours = words.ROLES[1], 3.25
    when = contract.start
    books.log.add(
        "time_entry",
        at(when + 2, MADE_UP_HOUR),
        time_entry_id=key,
        person_id=books.people.ids[contract.manager],
        project_id=contract.project_id,
        contract_line_id=line.id,
        work_date=when,
        hours=hours,
        role=role,
        billable=True,
        description="Build",
        status=status,
        submitted_at=at(when + 1, 9),
        approved_at=at(when + 2, 9),
        approver_id=books.people.ids[contract.manager],
        invoice_line_id=invoice_line,
    )
    return price(hours, contract.rate(1, when))


def unbilled_time(books: Books) -> None:
    """Approved hours are never billed."""
    for contract, line in _by_the_hour(books, "unbilled"):
        key = f"TEX{line.id}U"
        worth = _new_entry(books, contract, line, key, "approved", None)
        books.note_in(contract, "unbilled_time", key, -worth)


def time_billed_without_line(books: Books) -> None:
    """Hours are marked as billed by a line that does not exist."""
    for contract, line in _by_the_hour(books, "without line"):
        key = f"TEX{line.id}B"
        worth = _new_entry(books, contract, line, key, "billed", f"DX{line.id}-001")
        books.note_in(contract, "time_billed_without_line", key, -worth)


def unbilled_expense(books: Books) -> None:
    """An approved expense is never billed."""
    started = [course.contract for course in books.courses if course.contract.start < books.ripe]
    for number, contract in enumerate(books.pick(started, lambda contract: f"expense of {contract.id}")):
        key, when, amount = f"EXX{contract.id}", contract.start, 87.65 + number
        books.log.add(
            "expense",
            at(when + 2, MADE_UP_HOUR),
            expense_id=key,
            person_id=books.people.ids[contract.manager],
            project_id=contract.project_id,
            contract_line_id=contract.lines[0].id,
            expense_date=when,
            category=words.EXPENSE_CATEGORIES[0],
            merchant="Central Station",
            amount=amount,
            currency=contract.currency,
            billable=True,
            has_receipt=True,
            payment_method="card",
            status="approved",
            submitted_at=at(when + 1, 9),
            approved_at=at(when + 2, 9),
            approver_id=books.people.ids[contract.manager],
        )
        books.note_in(contract, "unbilled_expense", key, -cents(amount))


def billed_hours_differ(books: Books) -> None:
    """An entry is shortened after it was billed."""
    entries = {line: number for number, line in enumerate(books.ledger.time_billed_on) if line}
    for invoice, line in books.lines("time"):
        entry = entries[line.id]
        books.change("time_entry", f"TE{int(books.work.ids[entry]):09d}", status="billed", hours=0.0)
        lost = float(books.work.hours[entry])
        difference = price(line.quantity, line.rate) - price(round(line.quantity - lost, 2), line.rate)
        books.note_in(invoice.contract, "billed_hours_differ", line.id, difference)


def billed_expense_differs(books: Books) -> None:
    """An expense is corrected after it was billed."""
    billed = books.latest("expense").filter(pl.col("invoice_line_id").is_not_null())
    by_line = {row["invoice_line_id"]: row for row in billed.iter_rows(named=True)}
    for invoice, line in books.lines("expense", lambda invoice, line: _same_currency(invoice, by_line.get(line.id))):
        expense = by_line[line.id]
        books.change("expense", expense["expense_id"], status="billed", amount=round(line.amount + 10.10, 2))
        books.note_in(invoice.contract, "billed_expense_differs", line.id, Decimal("-10.10"))


def _same_currency(invoice: Invoice, expense: Row | None) -> bool:
    return expense is not None and expense["currency"] == invoice.contract.currency


def _without_rise(invoice: Invoice, line: InvoiceLine) -> bool:
    return not invoice.contract.escalates_on and line.quantity > 0


def _reprice(books: Books, invoice: Invoice, line: InvoiceLine, rate: float) -> None:
    """Bill a line at another price, the whole invoice and its payment with it."""
    amount = price(line.quantity, rate)
    books.change("invoice_line", line.id, unit_rate=rate, amount=float(amount))
    books.rebill(invoice, cents(invoice.amount) - cents(line.amount) + amount)


def rate_below_contract(books: Books) -> None:
    """A line is billed a tenth below the agreed price."""
    for invoice, line in books.lines("time", _without_rise):
        rate = round(line.rate * 0.9, 2)
        _reprice(books, invoice, line, rate)
        below = Decimal(str(line.rate)) - Decimal(str(rate))
        lost = cents(Decimal(str(line.quantity)) * below)
        books.note_in(invoice.contract, "rate_below_contract", line.id, -lost)


def rate_above_contract(books: Books) -> None:
    """A line is billed a tenth above the agreed price."""
    for invoice, line in books.lines("time", _without_rise):
        rate = round(line.rate * 1.1, 2)
        _reprice(books, invoice, line, rate)
        difference = price(line.quantity, rate) - price(line.quantity, line.rate)
        books.note_in(invoice.contract, "rate_above_contract", line.id, difference)


def _month_of(invoice: Invoice, line: InvoiceLine) -> str:
    return f"{invoice.contract.lines[line.line].id}:{as_date(line.start).isoformat()[:7]}"


def recurring_misbilled(books: Books) -> None:
    """A month of a fee is billed short."""
    for invoice, line in books.lines("recurring", _without_rise):
        _reprice(books, invoice, line, round(line.rate - 55.55, 2))
        books.note_in(invoice.contract, "recurring_misbilled", _month_of(invoice, line), Decimal("-55.55"))


def missed_escalator(books: Books) -> None:
    """A month of a fee that had risen is planned and billed at the old amount."""
    plans = books.latest("billing_schedule").filter(pl.col("invoice_line_id").is_not_null())
    plan_of = dict(plans.select("invoice_line_id", "schedule_id").iter_rows())

    def risen(invoice: Invoice, line: InvoiceLine) -> bool:
        return 0 < invoice.contract.escalates_on <= line.start

    for invoice, line in books.lines("recurring", risen):
        old = invoice.contract.lines[line.line].monthly
        books.change("billing_schedule", plan_of[line.id], amount=old)
        _reprice(books, invoice, line, old)
        books.note_in(invoice.contract, "missed_escalator", _month_of(invoice, line), cents(old) - cents(line.amount))


def milestone_not_invoiced(books: Books) -> None:
    """A milestone is reached and never billed."""
    lines = [
        (course.contract, line)
        for course in books.courses
        for line in course.contract.lines
        if line.method != TM and line.method not in RECURRING and course.contract.start < books.ripe
    ]
    for number, (contract, line) in enumerate(books.pick(lines, lambda pair: f"milestone of {pair[1].id}")):
        key, reached, amount = f"{line.id}-MSX", contract.start + 1, 5_200.15 + number
        books.log.add(
            "milestone",
            at(reached, MADE_UP_HOUR),
            milestone_id=key,
            project_id=contract.project_id,
            contract_line_id=line.id,
            name="Milestone X",
            planned_date=reached,
            reached_on=reached,
            amount=amount,
            currency=contract.currency,
            status="reached",
        )
        books.note_in(contract, "milestone_not_invoiced", key, -cents(amount))


def invoice_total_differs(books: Books) -> None:
    """An invoice asks for more than its lines, and the client pays it."""
    for invoice in books.invoices():
        net = cents(invoice.amount) + Decimal("99.90")
        books.rebill(invoice, net, tax=gross(invoice) - cents(invoice.amount))
        books.note_in(invoice.contract, "invoice_total_differs", invoice.id, Decimal("99.90"))


def invoice_currency_differs(books: Books) -> None:
    """A whole invoice, its lines and its payment are in another currency than the contract."""
    for invoice in books.invoices(lambda invoice: {line.kind for line in invoice.lines} == {"time"}):
        other = OTHER_CURRENCY[invoice.contract.currency]
        books.change("invoice", invoice.id, currency=other)
        books.change("payment", payment_id(invoice), currency=other)
        for line in invoice.lines:
            books.change("invoice_line", line.id, currency=other)
        entity = entity_of(invoice.contract)
        books.note("invoice_currency_differs", invoice.id, entity, other, invoice.amount)


def invoice_tax_differs(books: Books) -> None:
    """An invoice asks for more tax than its lines, and the client pays it."""
    for invoice in books.invoices():
        tax = gross(invoice) - cents(invoice.amount)
        books.rebill(invoice, cents(invoice.amount), tax=tax + Decimal("12.34"))
        books.note_in(invoice.contract, "invoice_tax_differs", invoice.id, Decimal("12.34"))


def tax_code_missing(books: Books) -> None:
    """A line has no tax code."""
    for invoice in books.invoices():
        line = invoice.lines[0]
        books.change("invoice_line", line.id, tax_code=None)
        books.note_in(invoice.contract, "tax_code_missing", line.id, line.amount)
