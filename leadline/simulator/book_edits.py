"""Editing books that are already written: what faults are planted with, and the list of those planted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import polars as pl

from leadline.kernel.contracts import entity as contract_of
from leadline.simulator import vocabulary as words
from leadline.simulator.billing import Invoice, InvoiceLine, Ledger
from leadline.simulator.clients import Clients
from leadline.simulator.contracts import Contract
from leadline.simulator.days import day
from leadline.simulator.delivery import Course
from leadline.simulator.extracts import end_of
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.receivables import Fate
from leadline.simulator.streams import Streams
from leadline.simulator.timesheets import Work
from leadline.simulator.versions import DELETED, STAMP, Change, Row, VersionLog

T = TypeVar("T")

OTHER_CURRENCY = {"USD": "EUR", "EUR": "GBP", "GBP": "USD"}
# The hour at which whatever was made up is recorded.
MADE_UP_HOUR = 15.0
# How many people a firm has per fault of a class.
PEOPLE_PER_FAULT = 6
# So long before the end of the simulation a record must be old for its fault to be past every grace.
RIPE_DAYS = 110


def cents(value: float | Decimal) -> Decimal:
    """Return an amount in cents, rounded half away from zero."""
    return Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def price(quantity: float, rate: float) -> Decimal:
    """Return quantity times rate in cents."""
    return cents(Decimal(str(quantity)) * Decimal(str(rate)))


@dataclass
class Books:
    """The written books of one cohort while faults are planted, and the notes about them.

    ``touched`` holds the invoices, deals and revenue periods that carry a fault: each carries one, so that none hides
    another.
    """

    preset: Preset
    people: People
    clients: Clients
    courses: list[Course]
    work: Work
    ledger: Ledger
    fates: list[Fate]
    log: VersionLog
    streams: Streams
    touched: set[str] = field(default_factory=set)
    notes: list[Row] = field(default_factory=list)

    @cached_property
    def rng(self) -> np.random.Generator:
        return self.streams.rng("book faults")

    @property
    def end(self) -> int:
        return day(self.preset.as_of)

    @property
    def ripe(self) -> int:
        """The last day on which a fault can begin."""
        return self.end - RIPE_DAYS

    def pick(self, candidates: Iterable[T], key: Callable[[T], str]) -> list[T]:
        """Return some candidates without a fault, in random order, and keep others from taking them."""
        chosen: list[T] = []
        listed = list(candidates)
        for place in self.rng.permutation(len(listed)).tolist():
            if len(chosen) == max(self.preset.people // PEOPLE_PER_FAULT, 1):
                break
            if key(listed[place]) not in self.touched:
                self.touched.add(key(listed[place]))
                chosen.append(listed[place])
        return chosen

    def note(
        self, finding_class: str, record: str, entity: str | None, currency: str, difference: float | Decimal
    ) -> None:
        """Note a planted fault as the finding that should come of it: found less expected, in the currency."""
        self.notes.append(
            {
                "finding_class": finding_class,
                "object_id": record,
                "legal_entity_id": entity,
                "currency": currency,
                "difference": cents(difference),
            }
        )

    def note_in(self, contract: Contract, finding_class: str, record: str, difference: float | Decimal) -> None:
        """Note a planted fault in the books of a contract's legal entity, in its currency."""
        self.note(finding_class, record, entity_of(contract), contract.currency, difference)

    def latest(self, entity: str) -> pl.DataFrame:
        """Return the last version of each record up to the end, with the system that recorded it."""
        key = contract_of(entity).key
        frames = [
            self.log.plain(*place).with_columns(pl.lit(place[0]).alias("system"))
            for place in self.log.delivered()
            if place[1] == entity
        ]
        return (
            pl.concat(frames, how="diagonal")
            .filter(pl.col(STAMP) <= end_of(self.preset))
            .sort(STAMP, *key, maintain_order=True)
            .unique(key, keep="last", maintain_order=True)
        )

    def change(self, entity: str, key: str, *, status: str | None = None, **values: Any) -> None:
        """Change columns in all versions of a record, or in those of one status."""
        column = contract_of(entity).key[0]
        concerned = pl.col(column) == key
        if status:
            concerned &= pl.col("status") == status

        def edit(frame: pl.DataFrame) -> pl.DataFrame:
            return frame.with_columns(
                pl.when(concerned).then(pl.lit(value, dtype=frame.schema[name])).otherwise(name).alias(name)
                for name, value in values.items()
            )

        self._alter(entity, edit)

    def drop(self, entity: str, key: str, *, status: str) -> None:
        """Remove the versions of one status of a record."""
        column = contract_of(entity).key[0]
        self._alter(entity, lambda frame: frame.filter((pl.col(column) != key) | (pl.col("status") != status)))

    def copy(self, entity: str, row: Mapping[str, Any], stamp: int, **values: Any) -> None:
        """Record a row of :meth:`latest` again, with other values."""
        kept = {name: value for name, value in row.items() if name not in (STAMP, DELETED, "system")}
        self.log.add(entity, stamp, system=str(row["system"]), **{**kept, **values})

    def rebill(self, invoice: Invoice, net: Decimal, tax: Decimal | None = None) -> None:
        """Change an invoice's net amount, its tax (by default as its entity taxes) and what the client paid for it."""
        rate = Decimal(str(words.ENTITY_TAX_RATES[invoice.contract.entity]))
        due = cents(net * rate) if tax is None else tax
        self.change("invoice", invoice.id, amount=float(net), tax_amount=float(due))
        self.change("payment", payment_id(invoice), amount=float(net + due))

    @cached_property
    def settled(self) -> list[Invoice]:
        """Invoices paid in full at once, long ago, without dispute or credit."""
        payments = Counter(self.latest("payment")["invoice_id"].to_list())
        return [
            fate.invoice
            for fate in self.fates
            if fate.paid_on <= self.end - 40
            and fate.invoice.run <= self.ripe
            and not (fate.credited or fate.short_paid or fate.disputed_on)
            and payments[fate.invoice_id] == 1
        ]

    def invoices(self, wanted: Callable[[Invoice], bool] = lambda _invoice: True) -> list[Invoice]:
        """Return some settled invoices."""
        return self.pick(filter(wanted, self.settled), lambda invoice: invoice.id)

    def lines(
        self, kind: str, wanted: Callable[[Invoice, InvoiceLine], bool] = lambda _invoice, _line: True
    ) -> list[tuple[Invoice, InvoiceLine]]:
        """Return some lines of a kind, each of another settled invoice."""
        found = [
            (invoice, line)
            for invoice in self.settled
            for line in invoice.lines
            if line.kind == kind and wanted(invoice, line)
        ]
        return self.pick(found, lambda pair: pair[0].id)

    def _alter(self, entity: str, edit: Change) -> None:
        for system, name in self.log.delivered():
            if name == entity:
                self.log.alter(name, edit, system=system)


def entity_of(contract: Contract) -> str:
    """Return the legal entity that signed a contract."""
    return words.LEGAL_ENTITIES[contract.entity]


def payment_id(invoice: Invoice) -> str:
    """Return the id of an invoice's first payment."""
    return f"Z{invoice.id[1:]}-1"


def gross(invoice: Invoice) -> Decimal:
    """Return an invoice's amount with tax, rounded as the invoice has it."""
    return cents(invoice.amount) + cents(round(invoice.amount * words.ENTITY_TAX_RATES[invoice.contract.entity], 2))
