"""Faults of the books, planted one by one into those of a clean firm: what reconciliations must find, to the cent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.billing import Invoice, InvoiceLine
from leadline.simulator.book_edits import Books, cents, entity_of, gross, payment_id, price
from leadline.simulator.contracts import RECURRING, TM, Contract, Line
from leadline.simulator.days import as_date, at, day
from leadline.simulator.presets import FAULTY
from leadline.simulator.versions import Row

OTHER_CURRENCY = {"USD": "EUR", "EUR": "GBP", "GBP": "USD"}
SCHEMA = {
    "finding_class": pl.String(),
    "object_id": pl.String(),
    "legal_entity_id": pl.String(),
    "currency": pl.String(),
    "difference": pl.Decimal(18, 2),
}
# A day on which whatever was made up is recorded: work days only matter to people.
MADE_UP_HOUR = 15.0


def plant_book_faults(books: Books) -> pl.DataFrame:
    """Plant faults of every class, if the firm's books are to be faulty, and return the findings they should give."""
    if books.preset.books == FAULTY:
        for plant in PLANTERS:
            plant(books)
    return pl.DataFrame(books.notes, schema=SCHEMA).sort("finding_class", "object_id")


# --- CRM to ERP ---------------------------------------------------------------------------------------------------


def _deals(books: Books) -> list[Contract]:
    """Return some contracts signed long ago whose deal carries no fault yet."""
    old = [course.contract for course in books.courses if day(books.preset.start) < course.contract.signed < books.ripe]
    return books.pick(old, lambda contract: contract.deal.id)


def _deal_without_contract(books: Books) -> None:
    won = books.latest("opportunity").filter(pl.col("is_won") & (pl.col("close_date") < books.ripe))
    for number, row in enumerate(books.pick(won.iter_rows(named=True), lambda row: f"copied {row['opportunity_id']}")):
        key, amount = f"{row['opportunity_id']}X", 40_000.55 + number
        books.copy(
            "opportunity",
            row,
            at(row["close_date"], MADE_UP_HOUR),
            opportunity_id=key,
            amount=amount,
            created_on=row["close_date"] - 30,
        )
        books.note("deal_without_contract", key, row["legal_entity_id"], row["currency"], -cents(amount))


def _contract_without_deal(books: Books) -> None:
    rows = {row["contract_id"]: row for row in books.latest("contract").iter_rows(named=True)}
    for contract in _deals(books):
        key = f"{contract.id}X"
        stamp = at(contract.signed, MADE_UP_HOUR)
        books.copy("contract", rows[contract.id], stamp, contract_id=key, opportunity_id=None, total_value=31_000.25)
        books.note_in(contract, "contract_without_deal", key, Decimal("31000.25"))


def _booked(books: Books) -> Iterator[tuple[Contract, Decimal]]:
    """Yield some contracts with what they are worth in the ERP at the end."""
    worth = dict(books.latest("contract").select("contract_id", "total_value").iter_rows())
    for contract in _deals(books):
        yield contract, cents(worth[contract.id])


def _contract_currency_differs(books: Books) -> None:
    for contract, worth in _booked(books):
        books.change("opportunity", contract.deal.id, currency=OTHER_CURRENCY[contract.currency])
        books.note_in(contract, "contract_currency_differs", contract.id, worth)


def _contract_entity_differs(books: Books) -> None:
    for contract, worth in _booked(books):
        other = words.LEGAL_ENTITIES[(contract.entity + 1) % len(words.LEGAL_ENTITIES)]
        books.change("opportunity", contract.deal.id, legal_entity_id=other)
        books.note_in(contract, "contract_entity_differs", contract.id, worth)


def _contract_client_differs(books: Books) -> None:
    ids = books.clients.crm_ids
    for contract, worth in _booked(books):
        books.change("opportunity", contract.deal.id, account_id=ids[(contract.deal.client + 1) % len(ids)])
        books.note_in(contract, "contract_client_differs", contract.id, worth)


def _amendment_not_in_contract(books: Books) -> None:
    for number, contract in enumerate(_deals(books)):
        signed, value = contract.signed + 20, 2_400.35 + number
        key = f"a0M{contract.id[2:]}X"
        books.log.add(
            "contract_amendment",
            at(signed, MADE_UP_HOUR),
            amendment_id=key,
            contract_id=contract.id,
            amendment_type="value",
            value_change=value,
            currency=contract.currency,
            effective_date=signed,
            signed_on=signed,
            status="signed",
        )
        books.note_in(contract, "amendment_not_in_contract", key, -cents(value))


def _contract_value_differs(books: Books) -> None:
    for number, (contract, worth) in enumerate(_booked(books)):
        delta = Decimal("1234.56") + number
        books.change("contract", contract.id, total_value=float(worth + delta))
        books.note_in(contract, "contract_value_differs", contract.deal.id, delta)


def _approved_change_not_scheduled(books: Books) -> None:
    planned = [
        course.contract
        for course in books.courses
        if course.contract.signed < books.ripe - 40 and course.contract.lines[course.contract.change_line].method != TM
    ]
    for number, contract in enumerate(books.pick(planned, lambda contract: f"change of {contract.id}")):
        decided, value = contract.signed + 30, 3_100.45 + number
        key = f"a0C{contract.id[2:]}X"
        books.log.add(
            "change_order",
            at(decided, MADE_UP_HOUR),
            change_order_id=key,
            project_id=contract.project_id,
            contract_id=contract.id,
            contract_line_id=contract.lines[contract.change_line].id,
            title=f"Change X of {contract.project_id}",
            reason="scope added",
            value_change=value,
            cost_change=0.0,
            hours_change=0.0,
            currency=contract.currency,
            schedule_change_days=0,
            requested_on=decided - 10,
            approved_on=decided,
            effective_date=decided,
            status="approved",
        )
        books.note_in(contract, "approved_change_not_scheduled", key, -cents(value))


# --- time to billing ----------------------------------------------------------------------------------------------


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


def _unbilled_time(books: Books) -> None:
    for contract, line in _by_the_hour(books, "unbilled"):
        key = f"TEX{line.id}U"
        worth = _new_entry(books, contract, line, key, "approved", None)
        books.note_in(contract, "unbilled_time", key, -worth)


def _time_billed_without_line(books: Books) -> None:
    for contract, line in _by_the_hour(books, "without line"):
        key = f"TEX{line.id}B"
        worth = _new_entry(books, contract, line, key, "billed", f"DX{line.id}-001")
        books.note_in(contract, "time_billed_without_line", key, -worth)


def _unbilled_expense(books: Books) -> None:
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


def _billed_hours_differ(books: Books) -> None:
    """An entry is shortened after it was billed."""
    entries = {line: number for number, line in enumerate(books.ledger.time_billed_on) if line}
    for invoice, line in _lines(books, "time"):
        entry = entries[line.id]
        books.change("time_entry", f"TE{int(books.work.ids[entry]):09d}", status="billed", hours=0.0)
        lost = float(books.work.hours[entry])
        difference = price(line.quantity, line.rate) - price(round(line.quantity - lost, 2), line.rate)
        books.note_in(invoice.contract, "billed_hours_differ", line.id, difference)


def _billed_expense_differs(books: Books) -> None:
    """An expense is corrected after it was billed."""
    billed = books.latest("expense").filter(pl.col("invoice_line_id").is_not_null())
    by_line = {row["invoice_line_id"]: row for row in billed.iter_rows(named=True)}
    for invoice, line in _lines(books, "expense", lambda invoice, line: _same_currency(invoice, by_line.get(line.id))):
        expense = by_line[line.id]
        books.change("expense", expense["expense_id"], status="billed", amount=round(line.amount + 10.10, 2))
        books.note_in(invoice.contract, "billed_expense_differs", line.id, Decimal("-10.10"))


def _same_currency(invoice: Invoice, expense: Row | None) -> bool:
    return expense is not None and expense["currency"] == invoice.contract.currency


def _lines(
    books: Books, kind: str, wanted: Callable[[Invoice, InvoiceLine], bool] = lambda _invoice, _line: True
) -> list[tuple[Invoice, InvoiceLine]]:
    """Return some lines of a kind, each of another invoice that was paid in full."""
    found = [
        (invoice, line)
        for invoice in books.settled
        for line in invoice.lines
        if line.kind == kind and wanted(invoice, line)
    ]
    return books.pick(found, lambda pair: pair[0].id)


def _without_rise(invoice: Invoice, line: InvoiceLine) -> bool:
    return not invoice.contract.escalates_on and line.quantity > 0


def _reprice(books: Books, invoice: Invoice, line: InvoiceLine, rate: float) -> None:
    """Bill a line at another price, the whole invoice and its payment with it."""
    amount = price(line.quantity, rate)
    books.change("invoice_line", line.id, unit_rate=rate, amount=float(amount))
    books.rebill(invoice, cents(invoice.amount) - cents(line.amount) + amount)


def _rate_below_contract(books: Books) -> None:
    for invoice, line in _lines(books, "time", _without_rise):
        rate = round(line.rate * 0.9, 2)
        _reprice(books, invoice, line, rate)
        below = Decimal(str(line.rate)) - Decimal(str(rate))
        lost = cents(Decimal(str(line.quantity)) * below)
        books.note_in(invoice.contract, "rate_below_contract", line.id, -lost)


def _rate_above_contract(books: Books) -> None:
    for invoice, line in _lines(books, "time", _without_rise):
        rate = round(line.rate * 1.1, 2)
        _reprice(books, invoice, line, rate)
        difference = price(line.quantity, rate) - price(line.quantity, line.rate)
        books.note_in(invoice.contract, "rate_above_contract", line.id, difference)


# --- contract to invoice ------------------------------------------------------------------------------------------


def _month_of(invoice: Invoice, line: InvoiceLine) -> str:
    return f"{invoice.contract.lines[line.line].id}:{as_date(line.start).isoformat()[:7]}"


def _recurring_misbilled(books: Books) -> None:
    for invoice, line in _lines(books, "recurring", _without_rise):
        _reprice(books, invoice, line, round(line.rate - 55.55, 2))
        books.note_in(invoice.contract, "recurring_misbilled", _month_of(invoice, line), Decimal("-55.55"))


def _missed_escalator(books: Books) -> None:
    """A month of a fee that had risen is planned and billed at the old amount."""
    plans = books.latest("billing_schedule").filter(pl.col("invoice_line_id").is_not_null())
    plan_of = dict(plans.select("invoice_line_id", "schedule_id").iter_rows())

    def risen(invoice: Invoice, line: InvoiceLine) -> bool:
        return 0 < invoice.contract.escalates_on <= line.start

    for invoice, line in _lines(books, "recurring", risen):
        old = invoice.contract.lines[line.line].monthly
        books.change("billing_schedule", plan_of[line.id], amount=old)
        _reprice(books, invoice, line, old)
        books.note_in(invoice.contract, "missed_escalator", _month_of(invoice, line), cents(old) - cents(line.amount))


def _milestone_not_invoiced(books: Books) -> None:
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


def _invoices(books: Books, wanted: Callable[[Invoice], bool] = lambda _invoice: True) -> list[Invoice]:
    return books.pick(filter(wanted, books.settled), lambda invoice: invoice.id)


def _invoice_total_differs(books: Books) -> None:
    for invoice in _invoices(books):
        net = cents(invoice.amount) + Decimal("99.90")
        books.rebill(invoice, net, tax=gross(invoice) - cents(invoice.amount))
        books.note_in(invoice.contract, "invoice_total_differs", invoice.id, Decimal("99.90"))


def _invoice_currency_differs(books: Books) -> None:
    """A whole invoice, its lines and its payment are in another currency than the contract."""
    for invoice in _invoices(books, lambda invoice: {line.kind for line in invoice.lines} == {"time"}):
        other = OTHER_CURRENCY[invoice.contract.currency]
        books.change("invoice", invoice.id, currency=other)
        books.change("payment", payment_id(invoice), currency=other)
        for line in invoice.lines:
            books.change("invoice_line", line.id, currency=other)
        entity = entity_of(invoice.contract)
        books.note("invoice_currency_differs", invoice.id, entity, other, invoice.amount)


def _invoice_tax_differs(books: Books) -> None:
    for invoice in _invoices(books):
        tax = gross(invoice) - cents(invoice.amount)
        books.rebill(invoice, cents(invoice.amount), tax=tax + Decimal("12.34"))
        books.note_in(invoice.contract, "invoice_tax_differs", invoice.id, Decimal("12.34"))


def _tax_code_missing(books: Books) -> None:
    for invoice in _invoices(books):
        line = invoice.lines[0]
        books.change("invoice_line", line.id, tax_code=None)
        books.note_in(invoice.contract, "tax_code_missing", line.id, line.amount)


# --- invoice to cash ----------------------------------------------------------------------------------------------


def _pay(books: Books, key: str, invoice_id: str, when: int, amount: Decimal, currency: str) -> None:
    stamp = at(when, MADE_UP_HOUR)
    values: Row = {"invoice_id": invoice_id, "paid_on": when, "amount": float(amount), "currency": currency}
    books.log.add("payment", stamp, payment_id=key, **values)


def _payment_for_unknown_invoice(books: Books) -> None:
    for invoice in _invoices(books):
        key, amount = f"ZX{invoice.id[1:]}-U", Decimal("1500.75")
        _pay(books, key, f"DX{invoice.id[1:]}", books.ripe, amount, invoice.contract.currency)
        books.note("payment_for_unknown_invoice", key, None, invoice.contract.currency, amount)


def _payment_for_unissued_invoice(books: Books) -> None:
    rows = {row["invoice_id"]: row for row in books.latest("invoice").iter_rows(named=True)}
    for invoice in _invoices(books):
        key, draft, amount = f"ZX{invoice.id[1:]}-D", f"DX{invoice.id[1:]}", Decimal("640.20")
        unsent = {"invoice_number": None, "issue_date": None, "due_date": None, "status": "draft"}
        books.copy("invoice", rows[invoice.id], at(invoice.run, MADE_UP_HOUR), **unsent, invoice_id=draft)
        _pay(books, key, draft, books.ripe, amount, invoice.contract.currency)
        books.note_in(invoice.contract, "payment_for_unissued_invoice", key, amount)


def _payment_in_other_currency(books: Books) -> None:
    for invoice in _invoices(books):
        key, amount, other = f"ZX{invoice.id[1:]}-C", Decimal("720.30"), OTHER_CURRENCY[invoice.contract.currency]
        _pay(books, key, invoice.id, books.ripe, amount, other)
        books.note("payment_in_other_currency", key, entity_of(invoice.contract), other, amount)


def _invoice_overpaid(books: Books) -> None:
    """A client pays an invoice a second time."""
    paid = dict(books.latest("payment").select("payment_id", "amount").iter_rows())
    for invoice in _invoices(books):
        _pay(books, f"ZX{invoice.id[1:]}-2", invoice.id, books.ripe, gross(invoice), invoice.contract.currency)
        # The tax of the first payment may be rounded otherwise than that of the invoice: what is too much is the first.
        books.note_in(invoice.contract, "invoice_overpaid", invoice.id, paid[payment_id(invoice)])


def _credit_above_invoice(books: Books) -> None:
    for invoice in _invoices(books):
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


def _paid_invoice_open(books: Books) -> None:
    for invoice in _invoices(books):
        books.change("payment", payment_id(invoice), amount=float(gross(invoice) - Decimal("45.05")))
        books.note_in(invoice.contract, "paid_invoice_open", invoice.id, Decimal("-45.05"))


# --- billing to revenue -------------------------------------------------------------------------------------------


def _periods(books: Books, wanted: pl.Expr) -> Iterator[tuple[str, Row]]:
    """Yield some recognised periods of the revenue schedule with their legal entity."""
    entities = {course.contract.id: entity_of(course.contract) for course in books.courses}
    rows = books.latest("revenue_schedule").filter(
        (pl.col("status") == "recognised") & (pl.col("period_end") < books.ripe) & (pl.col("amount") > 10) & wanted
    )
    for row in books.pick(rows.iter_rows(named=True), lambda row: row["revenue_id"]):
        yield entities[row["contract_id"]], row


def _revenue_off_schedule(books: Books) -> None:
    for entity, row in _periods(books, pl.col("method").is_in(["straight_line", "point_in_time"])):
        key, amount = row["revenue_id"], cents(row["amount"]) + Decimal("33.30")
        books.change("revenue_schedule", key, status="recognised", amount=float(amount))
        books.note("revenue_off_schedule", key, entity, row["currency"], Decimal("33.30"))


def _revenue_not_recognised(books: Books) -> None:
    for entity, row in _periods(books, ~pl.col("method").is_in(["over_time_cost"])):
        key = row["revenue_id"]
        books.drop("revenue_schedule", key, status="recognised")
        books.note("revenue_not_recognised", key, entity, row["currency"], -cents(row["amount"]))


def _revenue_recognised_twice(books: Books) -> None:
    for entity, row in _periods(books, pl.lit(True)):
        key = f"{row['revenue_id']}X"
        books.copy("revenue_schedule", row, at(books.ripe + 5, MADE_UP_HOUR), revenue_id=key)
        books.note("revenue_recognised_twice", key, entity, row["currency"], row["amount"])


def _revenue_in_other_currency(books: Books) -> None:
    for entity, row in _periods(books, pl.lit(True)):
        key, other = row["revenue_id"], OTHER_CURRENCY[row["currency"]]
        books.change("revenue_schedule", key, currency=other)
        books.note("revenue_in_other_currency", key, entity, other, row["amount"])


PLANTERS: tuple[Callable[[Books], None], ...] = (
    _missed_escalator,
    _recurring_misbilled,
    _rate_below_contract,
    _rate_above_contract,
    _billed_hours_differ,
    _billed_expense_differs,
    _invoice_currency_differs,
    _invoice_total_differs,
    _invoice_tax_differs,
    _tax_code_missing,
    _payment_for_unknown_invoice,
    _payment_for_unissued_invoice,
    _payment_in_other_currency,
    _invoice_overpaid,
    _credit_above_invoice,
    _paid_invoice_open,
    _contract_value_differs,
    _amendment_not_in_contract,
    _contract_currency_differs,
    _contract_entity_differs,
    _contract_client_differs,
    _contract_without_deal,
    _deal_without_contract,
    _approved_change_not_scheduled,
    _unbilled_time,
    _unbilled_expense,
    _time_billed_without_line,
    _milestone_not_invoiced,
    _revenue_off_schedule,
    _revenue_not_recognised,
    _revenue_recognised_twice,
    _revenue_in_other_currency,
)
