"""After the invoice: disputes by a true probability, late and short payments, credit notes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.billing import RUN_HOUR, Invoice, Ledger
from leadline.simulator.clients import Clients
from leadline.simulator.days import at, workday_on_or_after
from leadline.simulator.delivery import Course
from leadline.simulator.people import People
from leadline.simulator.streams import Streams
from leadline.simulator.versions import VersionLog


@dataclass(frozen=True)
class Fate:
    """What becomes of one invoice. ``chance`` is the true probability of a dispute; ``disputed_on`` 0 if none."""

    invoice_id: str
    chance: float
    disputed_on: int
    cause: str
    short_paid: bool
    credited: float
    paid_on: int


def settle(ledger: Ledger, courses: list[Course], clients: Clients, streams: Streams, log: VersionLog) -> list[Fate]:
    """Decide and record the fate of every invoice, in order of issue."""
    rng = streams.rng("receivables")
    last: dict[int, float] = {}
    seen: set[int] = set()
    fates = []
    for invoice in ledger.invoices:
        if invoice.amount <= 0:
            _record_void(invoice, log)
            continue
        chance = dispute_chance(invoice, courses[invoice.contract.index], clients, last, seen, rng)
        last[invoice.contract.index] = invoice.amount
        seen.add(invoice.contract.deal.client)
        fates.append(_settle_one(invoice, chance, clients, rng, log))
    return fates


def dispute_chance(
    invoice: Invoice, course: Course, clients: Clients, last: dict[int, float], seen: set[int], rng: np.random.Generator
) -> float:
    """Return the true probability that the client disputes an invoice."""
    contract, client = invoice.contract, invoice.contract.deal.client
    score = -4.15 + 0.8 * clients.litigious[client] + 0.25 * clients.rigour[client]
    if contract.po_number is not None and invoice.po_number is None:
        score += 1.3
    score += 0.9 * any(line.rate_wrong for line in invoice.lines)
    score += 0.9 * any(line.kind == "adjustment" for line in invoice.lines)
    score += 0.8 * any(line.late_days > 0 for line in invoice.lines)
    score += 0.6 * any(line.change for line in invoice.lines)
    before = last.get(contract.index)
    if before:
        score += 0.8 * float(np.clip(np.log(invoice.amount / before), 0, 1.5))
    score += 0.5 * (client not in seen)
    score += 1.2 * max(course.ratio - 1.1, 0) * (invoice.run > course.surfaces)
    score += 0.25 * float(np.clip(np.log(invoice.amount / 20_000), -1.5, 2)) + float(rng.normal(0, 0.35))
    return float(1 / (1 + np.exp(-score)))


def _settle_one(invoice: Invoice, chance: float, clients: Clients, rng: np.random.Generator, log: VersionLog) -> Fate:
    contract, client = invoice.contract, invoice.contract.deal.client
    due = invoice.issued + contract.terms
    disputed = bool(rng.random() < chance)
    opened = workday_on_or_after(invoice.issued + int(rng.gamma(2.5, 8)) + 2) if disputed else 0
    cause = _cause(invoice, rng) if disputed else ""
    accepted = disputed and rng.random() < 0.55
    resolved = opened + int(rng.gamma(2.2, 14)) + 3 if disputed else 0
    credited = round(invoice.amount * float(rng.uniform(0.05, 0.4)), 2) if accepted else 0.0
    short = bool(not disputed and rng.random() < 0.008 + 0.1 * chance)
    late = rng.random() < 1 / (1 + np.exp(0.62 - 0.9 * clients.tardy[client]))
    days = int(rng.gamma(1.6, 13)) + 1 if late else -int(rng.integers(0, 12))
    paid = workday_on_or_after(max(due + days, invoice.issued + 3, resolved + 4))
    _record_invoice(invoice, due, paid, log)
    if disputed:
        _record_dispute(invoice, opened, resolved, cause, accepted, credited, rng, log)
    total = gross(invoice)
    share = float(rng.uniform(0.7, 0.985)) if short else 1.0
    received = round((total - credited) * share, 2)
    log.add(
        "payment",
        at(paid, 12),
        payment_id=f"Z{invoice.id[1:]}",
        invoice_id=invoice.id,
        paid_on=paid,
        amount=received,
        currency=contract.currency,
    )
    return Fate(invoice.id, chance, opened, cause, short, credited, paid)


def gross(invoice: Invoice) -> float:
    """Return an invoice's amount including tax."""
    return round(invoice.amount + round(invoice.amount * words.ENTITY_TAX_RATES[invoice.contract.entity], 2), 2)


def _cause(invoice: Invoice, rng: np.random.Generator) -> str:
    if invoice.contract.po_number is not None and invoice.po_number is None and rng.random() < 0.6:
        return "admin"
    if any(line.change for line in invoice.lines) and rng.random() < 0.5:
        return "scope"
    return str(rng.choice(["price", "scope", "admin", "quality", "other"], p=[0.34, 0.24, 0.16, 0.18, 0.08]))


def _record_void(invoice: Invoice, log: VersionLog) -> None:
    """A draft whose lines were all written off is cancelled, never issued."""
    values = _draft_values(invoice)
    log.add("invoice", at(invoice.run, RUN_HOUR), status="draft", **values)
    log.add("invoice", at(invoice.issued, 14), status="cancelled", **values)


def _record_invoice(invoice: Invoice, due: int, paid: int, log: VersionLog) -> None:
    values = _draft_values(invoice)
    log.add("invoice", at(invoice.run, RUN_HOUR), status="draft", **values)
    sent = {"invoice_number": invoice.number, "issue_date": invoice.issued, "due_date": due}
    log.add("invoice", at(invoice.issued, 14), status="issued", **values, **sent)
    log.add("invoice", at(paid, 12.5), status="paid", **values, **sent)


def _draft_values(invoice: Invoice) -> dict[str, object]:
    contract = invoice.contract
    return {
        "invoice_id": invoice.id,
        "account_id": contract.account_id,
        "legal_entity_id": words.LEGAL_ENTITIES[contract.entity],
        "contract_id": contract.id,
        "project_id": contract.project_id,
        "billing_run_date": invoice.run,
        "period_start": min(line.start for line in invoice.lines),
        "period_end": max(line.end for line in invoice.lines),
        "amount": invoice.amount,
        "tax_amount": round(invoice.amount * words.ENTITY_TAX_RATES[contract.entity], 2),
        "currency": contract.currency,
        "po_number": invoice.po_number,
    }


def _record_dispute(
    invoice: Invoice,
    opened: int,
    resolved: int,
    cause: str,
    accepted: bool,
    credited: float,
    rng: np.random.Generator,
    log: VersionLog,
) -> None:
    verdict = "accepted" if accepted else str(rng.choice(["rejected", "withdrawn"]))
    amount = round(
        min(
            invoice.amount,
            credited * float(rng.uniform(1.0, 1.6)) if accepted else invoice.amount * float(rng.uniform(0.1, 0.8)),
        ),
        2,
    )
    values: dict[str, object] = {
        "dispute_id": f"Q{invoice.id[1:]}",
        "invoice_id": invoice.id,
        "opened_on": opened,
        "amount": amount,
        "currency": invoice.contract.currency,
        "cause_code": cause,
    }
    log.add("dispute", at(opened, 11), status="open", **values)
    log.add(
        "dispute",
        at(resolved, 15),
        status=verdict,
        resolved_on=resolved,
        resolution="credit note" if accepted else "no change",
        **values,
    )
    if accepted:
        log.add(
            "credit_note",
            at(resolved + 1, 10),
            credit_note_id=f"G{invoice.id[1:]}",
            invoice_id=invoice.id,
            issued_on=resolved + 1,
            amount=credited,
            currency=invoice.contract.currency,
            reason_code=cause,
        )


def line_versions(ledger: Ledger, people: People) -> pl.DataFrame:
    """Return the invoice lines as a frame with plain columns, recorded with the draft of their invoice."""
    tax = ("US0", "UK20", "DE19")
    rows = [
        {
            "invoice_line_id": line.id,
            "invoice_id": invoice.id,
            "contract_line_id": invoice.contract.lines[line.line].id,
            "project_id": invoice.contract.project_id,
            "change_order_id": line.change,
            "line_type": line.kind,
            "role": line.role,
            "person_id": people.ids[line.person] if line.person >= 0 else None,
            "period_start": line.start,
            "period_end": line.end,
            "quantity": line.quantity,
            "unit_rate": line.rate,
            "amount": line.amount,
            "currency": invoice.contract.currency,
            "tax_code": tax[invoice.contract.entity],
            "description": line.kind,
            "stamp": at(invoice.run, RUN_HOUR),
        }
        for invoice in ledger.invoices
        for line in invoice.lines
    ]
    return pl.DataFrame(rows, infer_schema_length=None)
