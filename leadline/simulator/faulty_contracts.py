"""Faults between CRM and ERP: deals, contracts and changes that do not reach the other side as they are."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.book_edits import (
    MADE_UP_HOUR,
    OTHER_CURRENCY,
    Books,
    cents,
)
from leadline.simulator.contracts import TM, Contract
from leadline.simulator.days import at, day


def _deals(books: Books) -> list[Contract]:
    """Return some contracts signed long ago whose deal carries no fault yet."""
    old = [course.contract for course in books.courses if day(books.preset.start) < course.contract.signed < books.ripe]
    return books.pick(old, lambda contract: contract.deal.id)


def deal_without_contract(books: Books) -> None:
    """A deal is won a second time, under another number, and is never booked."""
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


def contract_without_deal(books: Books) -> None:
    """A contract is booked a second time, under another number and for no deal."""
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


def contract_currency_differs(books: Books) -> None:
    """The deal is in another currency than its contract."""
    for contract, worth in _booked(books):
        books.change("opportunity", contract.deal.id, currency=OTHER_CURRENCY[contract.currency])
        books.note_in(contract, "contract_currency_differs", contract.id, worth)


def contract_entity_differs(books: Books) -> None:
    """The deal names another legal entity than its contract."""
    for contract, worth in _booked(books):
        other = words.LEGAL_ENTITIES[(contract.entity + 1) % len(words.LEGAL_ENTITIES)]
        books.change("opportunity", contract.deal.id, legal_entity_id=other)
        books.note_in(contract, "contract_entity_differs", contract.id, worth)


def contract_client_differs(books: Books) -> None:
    """The deal belongs to another client than its contract."""
    ids = books.clients.crm_ids
    for contract, worth in _booked(books):
        books.change("opportunity", contract.deal.id, account_id=ids[(contract.deal.client + 1) % len(ids)])
        books.note_in(contract, "contract_client_differs", contract.id, worth)


def amendment_not_in_contract(books: Books) -> None:
    """An amendment is signed and the contract keeps its value."""
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


def contract_value_differs(books: Books) -> None:
    """The contract is booked at another value than sold and asettled."""
    for number, (contract, worth) in enumerate(_booked(books)):
        delta = Decimal("1234.56") + number
        books.change("contract", contract.id, total_value=float(worth + delta))
        books.note_in(contract, "contract_value_differs", contract.deal.id, delta)


def approved_change_not_scheduled(books: Books) -> None:
    """A change order is approved and never planned or billed."""
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
