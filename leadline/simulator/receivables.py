"""After the invoice: disputes by a true probability, late and short payments, credit notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.billing import Invoice, Ledger
from leadline.simulator.calendars import RUN_HOUR
from leadline.simulator.clients import Clients
from leadline.simulator.days import at, workday_on_or_after
from leadline.simulator.disputes import CAUSES, MISCODED, NAMES, REVIEWED, SILENT_SHARE, Grounds
from leadline.simulator.people import People
from leadline.simulator.streams import Streams
from leadline.simulator.versions import Row, VersionLog

# Share of invoices paid in two parts, of undisputed ones credited because we found our own mistake, and paid short
# by bank charges and the like.
SPLIT_PAYMENT, OWN_CREDIT, CHARGED = 0.04, 0.006, 0.004
# Log-odds against a late payment of a client of average temper.
LATENESS = 0.62
# Days until a client tells of a dispute: shape and scale of a gamma distribution, after this many at least.
DISPUTE_DELAY_SHAPE, DISPUTE_DELAY_SCALE, DISPUTE_DELAY_MIN = 2.5, 8.0, 2


@dataclass(frozen=True)
class Fate:
    """What becomes of one invoice. ``chance`` is the true probability of a dispute, raised or not, without a review.

    ``disputed_on`` is 0 without a dispute on record; ``hidden`` is one that only shows as a short payment. ``cause`` is
    the true cause, ``coded`` what is on record. ``credited`` is net; ``short`` is the share of the rest that is paid;
    ``paid_on`` is the last payment. ``reviewed`` says that somebody looked before issue; ``lost`` and ``lost_reviewed``
    are what the invoice loses without and with a review (both potential outcomes, net, in its currency).
    """

    invoice: Invoice
    chance: float
    chance_reviewed: float
    reviewed: bool
    disputed_on: int
    hidden: bool
    resolved_on: int
    cause: str
    coded: str
    accepted: bool
    credited: float
    short: float
    paid_on: int
    lost: float
    lost_reviewed: float

    @property
    def invoice_id(self) -> str:
        return self.invoice.id

    @property
    def short_paid(self) -> bool:
        return self.short < 1


def settle(ledger: Ledger, why: Grounds, clients: Clients, streams: Streams, log: VersionLog) -> list[Fate]:
    """Decide and record the fate of every invoice of :func:`sent`, in order of billing."""
    records = streams.events("receivables records")
    fates = _fates(sent(ledger), why, clients, streams)
    for fate in fates:
        _record_invoice(fate.invoice, fate, log)
        _record_dispute(fate.invoice, fate, records, log)
        _record_payments(fate.invoice, fate, records, log)
    for invoice in ledger.invoices:
        if invoice.amount <= 0:
            _record_void(invoice, log)
    return fates


def sent(ledger: Ledger) -> list[Invoice]:
    """Return the invoices that go to clients; drafts whose lines were all written off do not."""
    return [invoice for invoice in ledger.invoices if invoice.amount > 0]


def _fates(invoices: list[Invoice], why: Grounds, clients: Clients, streams: Streams) -> list[Fate]:
    """Draw a dispute and a review for every invoice at once, then what comes of them, one by one."""
    rng = streams.events("receivables")
    count = len(invoices)
    chance = why.chance(clients.litigious[why.client])
    disputed = rng.random(count) < chance
    settled = rng.random(count) < why.settled
    reviewed = streams.rng("reviews").random(count) < REVIEWED
    cause = (rng.random((count, 1)) > np.cumsum(why.mix, axis=1)).sum(axis=1).clip(0, len(CAUSES) - 1)
    wrong_code = rng.random(count) < MISCODED
    coded = np.where(wrong_code, (cause + rng.integers(1, len(CAUSES), count)) % len(CAUSES), cause)
    fates = []
    for n, invoice in enumerate(invoices):
        happens = bool(disputed[n] and not (reviewed[n] and settled[n]))
        fate = _fate(invoice, disputed=happens, clients=clients, rng=rng)
        lost, lost_reviewed = _losses(fate, invoice, disputed=bool(disputed[n]), settled=bool(settled[n]), rng=rng)
        fates.append(
            Fate(
                invoice=invoice,
                chance=float(chance[n]),
                chance_reviewed=float(chance[n] * (1 - why.settled[n])),
                reviewed=bool(reviewed[n]),
                cause=CAUSES[int(cause[n])] if happens else "",
                coded=CAUSES[int(coded[n])] if happens else "",
                lost=lost,
                lost_reviewed=lost_reviewed,
                **fate,
            )
        )
    return fates


def _fate(invoice: Invoice, *, disputed: bool, clients: Clients, rng: np.random.Generator) -> dict[str, Any]:
    """Draw what happens: a dispute and its end, then when and how much is paid."""
    client, due = invoice.contract.deal.client, invoice.issued + invoice.contract.terms
    hidden = bool(disputed and rng.random() < SILENT_SHARE)
    is_raised = disputed and not hidden
    telling = int(rng.gamma(DISPUTE_DELAY_SHAPE, DISPUTE_DELAY_SCALE)) + DISPUTE_DELAY_MIN
    opened = workday_on_or_after(invoice.issued + telling) if is_raised else 0
    accepted = bool(is_raised and rng.random() < 0.55)
    own_mistake = bool(not disputed and rng.random() < OWN_CREDIT)
    resolved = opened + int(rng.gamma(2.2, 14)) + 3 if is_raised else 0
    resolved = invoice.issued + int(rng.integers(5, 30)) if own_mistake else resolved
    credited = round(invoice.amount * float(rng.uniform(0.05, 0.4)), 2) if accepted or own_mistake else 0.0
    short = hidden or bool(not disputed and rng.random() < CHARGED)
    late = rng.random() < 1 / (1 + np.exp(LATENESS - 0.9 * clients.tardy[client]))
    days = int(rng.gamma(1.6, 17)) + 1 if late else -int(rng.integers(0, 7))
    return {
        "disputed_on": opened,
        "hidden": hidden,
        "resolved_on": resolved,
        "accepted": accepted,
        "credited": credited,
        "short": float(rng.uniform(0.7, 0.985)) if short else 1.0,
        "paid_on": workday_on_or_after(max(due + days, invoice.issued + 3, resolved + 4)),
    }


def _losses(
    fate: dict[str, Any], invoice: Invoice, *, disputed: bool, settled: bool, rng: np.random.Generator
) -> tuple[float, float]:
    """Return what the invoice loses without and with a review; what did happen, happens in its branch."""
    seen = fate["credited"] + (invoice.amount - fate["credited"]) * (1 - fate["short"])
    prevented = invoice.amount * float(rng.uniform(0.05, 0.4)) * float(rng.random() < 0.55)
    averted = disputed and not (fate["disputed_on"] or fate["hidden"])
    lost = round(seen + prevented if averted else seen, 2)
    return lost, round(0.0 if disputed and settled else lost, 2)


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
            "cause_code": fate.coded,
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
            reason_code=fate.coded or "billing_error",
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


def line_versions(ledger: Ledger, why: Grounds, people: People) -> pl.DataFrame:
    """Return the invoice lines as a frame with plain columns, recorded with the draft of their invoice.

    A mapping error that shows has left them without a tax code.
    """
    tax = ("US0", "UK20", "DE19")
    odd = why.visible[:, NAMES.index("odd_tax")] > 0
    untaxed = {invoice.id for invoice, is_odd in zip(sent(ledger), odd.tolist(), strict=True) if is_odd}
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
            "tax_code": None if invoice.id in untaxed else tax[invoice.contract.entity],
            "description": line.kind,
            "stamp": at(invoice.run, RUN_HOUR),
        }
        for invoice in ledger.invoices
        for line in invoice.lines
    ]
    return pl.DataFrame(rows, infer_schema_length=None)
