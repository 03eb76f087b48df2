"""After the invoice: disputes by a true probability, late and short payments, credit notes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.billing import RUN_HOUR, Invoice, Ledger
from leadline.simulator.clients import Clients
from leadline.simulator.days import at, workday_on_or_after
from leadline.simulator.delivery import Course
from leadline.simulator.people import People
from leadline.simulator.streams import Streams
from leadline.simulator.versions import Row, VersionLog

# Share of invoices paid in two parts, and of undisputed ones credited because we found our own mistake.
SPLIT_PAYMENT, OWN_CREDIT = 0.04, 0.006


@dataclass(frozen=True)
class Fate:
    """What becomes of one invoice. ``chance`` is the true probability of a dispute; ``disputed_on`` 0 if none.

    ``credited`` is net; ``short`` is the share of the rest that is paid; ``paid_on`` is the last payment.
    """

    invoice_id: str
    chance: float
    disputed_on: int
    resolved_on: int
    cause: str
    accepted: bool
    credited: float
    short: float
    paid_on: int

    @property
    def short_paid(self) -> bool:
        return self.short < 1


@dataclass
class _Memory:
    """What earlier invoices tell a client: the last amount and the sum per contract, and whether any came before."""

    last: dict[int, float] = field(default_factory=dict)
    billed: dict[int, float] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)


def settle(ledger: Ledger, courses: list[Course], clients: Clients, streams: Streams, log: VersionLog) -> list[Fate]:
    """Decide and record the fate of every invoice, in order of billing."""
    rng = streams.rng("receivables")
    memory = _Memory()
    fates = []
    for invoice in ledger.invoices:
        if invoice.amount <= 0:
            _record_void(invoice, log)
            continue
        contract = invoice.contract
        memory.billed[contract.index] = memory.billed.get(contract.index, 0.0) + invoice.amount
        chance = dispute_chance(invoice, courses[contract.index], clients, memory, rng)
        memory.last[contract.index] = invoice.amount
        memory.seen.add(contract.deal.client)
        fate = _fate(invoice, chance, clients, rng)
        _record_invoice(invoice, fate, log)
        _record_dispute(invoice, fate, rng, log)
        _record_payments(invoice, fate, rng, log)
        fates.append(fate)
    return fates


def dispute_chance(
    invoice: Invoice, course: Course, clients: Clients, memory: _Memory, rng: np.random.Generator
) -> float:
    """Return the true probability that the client disputes an invoice.

    Causes, most of them visible before issue: the client's temper, a missing order number, prices above the contract,
    written-off or late work, billed changes, billing past the agreed value, a jump against the last invoice, the first
    invoice at all, an overrun that has shown, size. A part stays hidden.
    """
    contract, client = invoice.contract, invoice.contract.deal.client
    score = -3.5 + 0.75 * clients.litigious[client] + 0.2 * clients.rigour[client]
    score += 1.2 * (contract.po_number is not None and invoice.po_number is None)
    score += 1.1 * any(line.overpriced for line in invoice.lines)
    score += 0.7 * any(line.kind == "adjustment" for line in invoice.lines)
    score += 0.7 * any(line.late_days > 0 for line in invoice.lines)
    score += 0.6 * any(line.change for line in invoice.lines)
    agreed = contract.total + sum(change.value for change in course.changes if 0 < change.reflected <= invoice.run)
    score += 0.6 * (memory.billed[contract.index] > 1.02 * agreed)
    before = memory.last.get(contract.index)
    if before:
        score += 0.7 * float(np.clip(np.log(invoice.amount / before), 0, 1.5))
    score += 0.5 * (client not in memory.seen)
    score += 1.0 * max(course.ratio - 1.1, 0) * (invoice.run > course.surfaces)
    score += 0.25 * float(np.clip(np.log(invoice.amount / 20_000), -1.5, 2)) + float(rng.normal(0, 0.4))
    return float(1 / (1 + np.exp(-score)))


def _fate(invoice: Invoice, chance: float, clients: Clients, rng: np.random.Generator) -> Fate:
    """Draw what happens: a dispute and its end, then when and how much is paid."""
    client, due = invoice.contract.deal.client, invoice.issued + invoice.contract.terms
    disputed = bool(rng.random() < chance)
    opened = workday_on_or_after(invoice.issued + int(rng.gamma(2.5, 8)) + 2) if disputed else 0
    accepted = bool(disputed and rng.random() < 0.55)
    own_mistake = bool(not disputed and rng.random() < OWN_CREDIT)
    resolved = opened + int(rng.gamma(2.2, 14)) + 3 if disputed else 0
    resolved = invoice.issued + int(rng.integers(5, 30)) if own_mistake else resolved
    credited = round(invoice.amount * float(rng.uniform(0.05, 0.4)), 2) if accepted or own_mistake else 0.0
    short = bool(not disputed and rng.random() < 0.008 + 0.1 * chance)
    late = rng.random() < 1 / (1 + np.exp(0.62 - 0.9 * clients.tardy[client]))
    days = int(rng.gamma(1.6, 13)) + 1 if late else -int(rng.integers(0, 12))
    return Fate(
        invoice_id=invoice.id,
        chance=chance,
        disputed_on=opened,
        resolved_on=resolved,
        cause=_cause(invoice, rng) if disputed else "",
        accepted=accepted,
        credited=credited,
        short=float(rng.uniform(0.7, 0.985)) if short else 1.0,
        paid_on=workday_on_or_after(max(due + days, invoice.issued + 3, resolved + 4)),
    )


def _cause(invoice: Invoice, rng: np.random.Generator) -> str:
    if invoice.contract.po_number is not None and invoice.po_number is None and rng.random() < 0.6:
        return "admin"
    if any(line.overpriced for line in invoice.lines) and rng.random() < 0.6:
        return "price"
    if any(line.change for line in invoice.lines) and rng.random() < 0.5:
        return "scope"
    return str(rng.choice(["price", "scope", "admin", "quality", "other"], p=[0.30, 0.26, 0.16, 0.20, 0.08]))


def _record_void(invoice: Invoice, log: VersionLog) -> None:
    """A draft whose lines were all written off is cancelled, never issued."""
    values = _draft_values(invoice)
    log.add("invoice", at(invoice.run, RUN_HOUR), status="draft", **values)
    log.add("invoice", at(invoice.issued, 14), status="cancelled", **values)


def _record_invoice(invoice: Invoice, fate: Fate, log: VersionLog) -> None:
    """Record draft and issue; an invoice paid short stays issued, its rest open."""
    values = _draft_values(invoice)
    log.add("invoice", at(invoice.run, RUN_HOUR), status="draft", **values)
    due = invoice.issued + invoice.contract.terms
    sent: Row = {"invoice_number": invoice.number, "issue_date": invoice.issued, "due_date": due}
    log.add("invoice", at(invoice.issued, 14), status="issued", **values, **sent)
    if not fate.short_paid:
        log.add("invoice", at(fate.paid_on, 12.5), status="paid", **values, **sent)


def _draft_values(invoice: Invoice) -> Row:
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


def _record_dispute(invoice: Invoice, fate: Fate, rng: np.random.Generator, log: VersionLog) -> None:
    """Record a dispute from opening to its end, and credit notes; a few disputes are re-opened once."""
    if fate.disputed_on:
        share = fate.credited / invoice.amount * rng.uniform(1.0, 1.6) if fate.accepted else rng.uniform(0.1, 0.8)
        values: Row = {
            "dispute_id": f"Q{invoice.id[1:]}",
            "invoice_id": invoice.id,
            "opened_on": fate.disputed_on,
            "amount": round(invoice.amount * float(min(share, 1.0)), 2),
            "currency": invoice.contract.currency,
            "cause_code": fate.cause,
        }
        log.add("dispute", at(fate.disputed_on, 11), status="open", **values)
        if rng.random() < 0.06 and fate.resolved_on > fate.disputed_on + 4:
            first = fate.disputed_on + 2
            log.add("dispute", at(first, 15), status="rejected", resolved_on=first, resolution="no change", **values)
            log.add("dispute", at(first + 1, 9), status="open", **values)
        end: Row = {"status": "accepted", "resolution": "credit note"}
        if not fate.accepted:
            end = {"status": str(rng.choice(["rejected", "withdrawn"])), "resolution": "no change"}
        log.add("dispute", at(fate.resolved_on, 15), resolved_on=fate.resolved_on, **end, **values)
    if fate.credited:
        log.add(
            "credit_note",
            at(fate.resolved_on + 1, 10),
            credit_note_id=f"G{invoice.id[1:]}",
            invoice_id=invoice.id,
            issued_on=fate.resolved_on + 1,
            amount=fate.credited,
            currency=invoice.contract.currency,
            reason_code=fate.cause or "billing_error",
        )


def _record_payments(invoice: Invoice, fate: Fate, rng: np.random.Generator, log: VersionLog) -> None:
    """Record what comes in, tax included, in one payment or two."""
    net = (invoice.amount - fate.credited) * fate.short
    received = round(net * (1 + words.ENTITY_TAX_RATES[invoice.contract.entity]), 2)
    parts = [(fate.paid_on, received)]
    earlier = fate.paid_on - int(rng.integers(5, 20))
    if rng.random() < SPLIT_PAYMENT and earlier > max(invoice.issued, fate.resolved_on):
        half = round(received * 0.6, 2)
        parts = [(earlier, half), (fate.paid_on, round(received - half, 2))]
    for number, (paid, amount) in enumerate(parts, start=1):
        log.add(
            "payment",
            at(paid, 12),
            payment_id=f"Z{invoice.id[1:]}-{number}",
            invoice_id=invoice.id,
            paid_on=paid,
            amount=amount,
            currency=invoice.contract.currency,
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
