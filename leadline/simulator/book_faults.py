"""Faults of the books, planted one by one into those of a clean firm: what reconciliations must find, to the cent."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from leadline.simulator import faulty_billing, faulty_contracts, faulty_ledger
from leadline.simulator.book_edits import Books
from leadline.simulator.presets import FAULTY

SCHEMA = {
    "finding_class": pl.String(),
    "object_id": pl.String(),
    "legal_entity_id": pl.String(),
    "currency": pl.String(),
    "difference": pl.Decimal(18, 2),
}
# Each is named after the class of difference that its faults are found as.
PLANTERS: tuple[Callable[[Books], None], ...] = (
    faulty_billing.missed_escalator,
    faulty_billing.recurring_misbilled,
    faulty_billing.rate_below_contract,
    faulty_billing.rate_above_contract,
    faulty_billing.billed_hours_differ,
    faulty_billing.billed_expense_differs,
    faulty_billing.invoice_currency_differs,
    faulty_billing.invoice_total_differs,
    faulty_billing.invoice_tax_differs,
    faulty_billing.tax_code_missing,
    faulty_ledger.payment_for_unknown_invoice,
    faulty_ledger.payment_for_unissued_invoice,
    faulty_ledger.payment_in_other_currency,
    faulty_ledger.invoice_overpaid,
    faulty_ledger.credit_above_invoice,
    faulty_ledger.paid_invoice_open,
    faulty_contracts.contract_value_differs,
    faulty_contracts.amendment_not_in_contract,
    faulty_contracts.contract_currency_differs,
    faulty_contracts.contract_entity_differs,
    faulty_contracts.contract_client_differs,
    faulty_contracts.contract_without_deal,
    faulty_contracts.deal_without_contract,
    faulty_contracts.approved_change_not_scheduled,
    faulty_billing.unbilled_time,
    faulty_billing.unbilled_expense,
    faulty_billing.time_billed_without_line,
    faulty_billing.milestone_not_invoiced,
    faulty_ledger.revenue_off_schedule,
    faulty_ledger.revenue_not_recognised,
    faulty_ledger.revenue_recognised_twice,
    faulty_ledger.revenue_in_other_currency,
)


def plant_book_faults(books: Books) -> pl.DataFrame:
    """Plant faults of every class, if the firm's books are to be faulty, and return the findings they should give."""
    if books.preset.books == FAULTY:
        for plant in PLANTERS:
            plant(books)
    return pl.DataFrame(books.notes, schema=SCHEMA).sort("finding_class", "object_id")
