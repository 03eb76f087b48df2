"""Contracts: what a won deal turns into on paper, line by line, with prices, caps and escalators."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.clients import TWIN_DELAY, Clients
from leadline.simulator.days import add_months, at, day, month_start
from leadline.simulator.deal import Deal
from leadline.simulator.handoffs import defect_chance
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams
from leadline.simulator.versions import Row, VersionLog

COHORT_STRIDE = 10_000
# Share of deals lost in negotiation that had got as far as a drafted contract.
FAILED_DRAFT = 0.6
TM, FIXED, MILESTONE, PERCENT, RETAINER, MANAGED, HYBRID = range(7)
RECURRING = (RETAINER, MANAGED)


@dataclass(frozen=True)
class Line:
    """One priced line: its own billing method and its share of the project's hours.

    ``amount`` is the agreed value, ``monthly`` the recurring fee, ``cap`` the not-to-exceed value (0: none).
    """

    id: str
    method: int
    share: float
    amount: float
    monthly: float
    cap: float


@dataclass(frozen=True)
class Contract:
    """One contract and the project that delivers it. ``rates`` are hourly prices by role in the contract's currency.

    ``escalates_on`` is 0 without an escalator; ``escalator_missed`` (latent): prices are not updated when it falls due.
    ``care`` (latent) is the manager's quality, which keeps hand-offs from going wrong.
    ``po_missing_until``: day on which the customer's order number arrives (0: known at signature).
    """

    index: int
    id: str
    project_id: str
    deal: Deal
    account_id: str
    signed: int
    start: int
    end: int
    total: float
    escalator: float
    escalates_on: int
    escalator_missed: bool
    po_number: str | None
    po_missing_until: int
    terms: int
    cycle: str
    manager: int
    care: float
    rates: tuple[float, ...]
    lines: tuple[Line, ...]

    @property
    def entity(self) -> int:
        return self.deal.entity

    @property
    def currency(self) -> str:
        return words.ENTITY_CURRENCIES[self.deal.entity]

    @property
    def invoice_format(self) -> str:
        """How this client wants its invoices."""
        return ("pdf", "portal", "edi")[self.deal.client % 3]

    @property
    def change_line(self) -> int:
        """Position of the line that change orders go to: the first not billed by the hour, else the first."""
        return next((number for number, line in enumerate(self.lines) if line.method != TM), 0)

    def rate(self, role: int, on: int) -> float:
        """Return the agreed price per hour of a role on a day, escalator included."""
        due = self.escalates_on and on >= self.escalates_on
        return round(self.rates[role] * (1 + self.escalator), 2) if due else self.rates[role]


def make_contracts(
    deals: list[Deal], preset: Preset, people: People, clients: Clients, streams: Streams
) -> list[Contract]:
    """Turn every deal won into a contract, in order of signature."""
    won = sorted((deal for deal in deals if deal.won), key=lambda deal: (deal.closed, deal.number))
    base = streams.cohort * COHORT_STRIDE
    return [
        _contract(index, deal, base, preset=preset, people=people, clients=clients, streams=streams)
        for index, deal in enumerate(won)
    ]


def _contract(
    index: int, deal: Deal, base: int, *, preset: Preset, people: People, clients: Clients, streams: Streams
) -> Contract:
    rng = streams.rng(f"contract of deal {deal.number}")
    number = f"{base + index + 1:06d}"
    fx = words.BASE_USD[deal.entity]
    rates = tuple(round(rate / fx * (1 - deal.discount) * 2) / 2 for rate in words.ROLE_LIST_RATE_USD)
    begin = day(preset.start)
    start = deal.start if deal.start >= begin else begin + int(rng.integers(1, 45))
    end = start + 7 * deal.weeks - 3
    escalates = deal.weeks >= 36 and rng.random() < 0.65
    erp_id, twin = clients.erp_ids[deal.client], clients.twin_ids[deal.client]
    known = int(clients.created[deal.client]) + TWIN_DELAY
    needs_po = bool(clients.needs_po[deal.client])
    manager = _manager(people, deal, start, rng)
    care = float(people.quality[manager])
    late_po = needs_po and rng.random() < defect_chance(preset.profile.hand_off.order, care)
    terms = int(clients.terms[deal.client])
    draw = rng.random()
    cycle = "weekly" if draw < preset.weekly_billing else "half" if draw < preset.frequent_billing else "month"
    hand_off = preset.profile.hand_off
    lines, total = _lines(deal, f"C-{number}", hand_off.sound, rng)
    made = Contract(
        index=index,
        id=f"C-{number}",
        project_id=f"P-{number}",
        deal=deal,
        account_id=twin
        if twin and rng.random() < preset.profile.hand_off.twin and known < deal.closed - 20
        else erp_id,
        signed=deal.closed,
        start=start,
        end=end,
        total=total,
        escalator=float(rng.choice([0.03, 0.04, 0.05])) if escalates else 0.0,
        escalates_on=add_months(start, int(rng.choice([6, 9, 12]))) if escalates else 0,
        escalator_missed=bool(rng.random() < defect_chance(preset.profile.hand_off.escalator, care)),
        po_number=f"PO{4_500_000 + int(rng.integers(0, 400_000))}" if needs_po else None,
        po_missing_until=start + int(rng.integers(30, 200)) if late_po else 0,
        terms=terms,
        cycle=cycle,
        manager=manager,
        care=care,
        rates=rates,
        lines=lines,
    )
    # The price list ends with the contract: nothing is billed at a price that is not on it.
    return replace(made, escalates_on=0) if hand_off.sound and made.escalates_on >= end else made


def _manager(people: People, deal: Deal, start: int, rng: np.random.Generator) -> int:
    present = (people.hire <= start) & (people.leaves > start + 7 * deal.weeks) & (people.seniority >= 4)
    weight = np.where(present, 1.0 + 2.0 * (people.role == words.PM_ROLE) + 2.0 * (people.entity == deal.entity), 0.0)
    if weight.sum() == 0:
        weight = ((people.seniority >= 4) & (people.hire <= start)) * 1.0
    return int(rng.choice(len(weight), p=weight / weight.sum()))


def _lines(deal: Deal, contract_id: str, sound: bool, rng: np.random.Generator) -> tuple[tuple[Line, ...], float]:
    if deal.method == HYBRID:
        methods = [(TM, 0.55), (int(rng.choice([FIXED, MILESTONE, RETAINER])), 0.45)]
    else:
        methods = [(deal.method, 1.0)]
    months = max(deal.weeks / 4.345, 1.0)
    lines: list[Line] = []
    for position, (method, share) in enumerate(methods, start=1):
        amount = round(deal.amount * share / 10) * 10.0
        if sound and position == len(methods):
            amount = round(deal.amount - sum(line.amount for line in lines), 2)
        monthly = round(amount / months / 10) * 10.0 if method in RECURRING else 0.0
        capped = method == TM and rng.random() < 0.4
        cap = round(amount * float(rng.uniform(1.03, 1.25)) / 100) * 100.0 if capped else 0.0
        lines.append(Line(f"{contract_id}-{position}", method, share, amount, monthly, cap))
    return tuple(lines), float(sum(line.amount for line in lines))


def record_contract(contract: Contract, log: VersionLog) -> None:
    """Record a contract's draft, signature and late order number, its lines and its prices."""
    signed = at(contract.signed, 16.5)
    drafted = max(contract.signed - 3 - contract.index % 12, contract.deal.negotiation)
    log.add("contract", at(drafted, 11), **contract_values(contract, drafted), status="draft")
    log.add(
        "contract", signed, **contract_values(contract, contract.signed), signed_on=contract.signed, status="active"
    )
    if contract.po_missing_until:
        late = at(contract.po_missing_until, 10)
        log.add(
            "contract",
            late,
            **contract_values(contract, contract.po_missing_until),
            signed_on=contract.signed,
            status="active",
        )
    for line in contract.lines:
        log.add("contract_line", signed + 60, **line_values(contract, line))
    for role in range(len(words.ROLES)):
        _record_rates(contract, role, log, signed + 120)


def record_failed_draft(deal: Deal, clients: Clients, log: VersionLog, rng: np.random.Generator) -> None:
    """Draft a contract for a deal that is lost in negotiation after all, as sellers do for those they win."""
    if deal.won or deal.negotiation >= deal.closed or rng.random() > FAILED_DRAFT:
        return
    values: Row = {
        "contract_id": f"C-L{deal.id[6:]}",
        "account_id": clients.erp_ids[deal.client],
        "legal_entity_id": words.LEGAL_ENTITIES[deal.entity],
        "opportunity_id": deal.id,
        "name": deal.service,
        "billing_method": words.BILLING_METHODS[deal.method],
        "currency": words.ENTITY_CURRENCIES[deal.entity],
        "total_value": deal.amount,
        "payment_terms_days": int(clients.terms[deal.client]),
        "po_required": bool(clients.needs_po[deal.client]),
    }
    drafted = max(deal.closed - int(rng.integers(3, 15)), deal.negotiation)
    log.add("contract", at(drafted, 11), status="draft", **values)
    log.add("contract", at(deal.closed + 1, 11), status="cancelled", **values)


def contract_values(contract: Contract, on: int, *, total: float | None = None, end: int | None = None) -> Row:
    """Return a contract's columns as the ERP holds them on a day (without signature and status)."""
    deal = contract.deal
    caps = [line.cap for line in contract.lines if line.cap]
    return {
        "contract_id": contract.id,
        "account_id": contract.account_id,
        "legal_entity_id": words.LEGAL_ENTITIES[deal.entity],
        "opportunity_id": deal.id,
        "name": deal.service,
        "billing_method": words.BILLING_METHODS[deal.method],
        "currency": contract.currency,
        "total_value": contract.total if total is None else total,
        "not_to_exceed": caps[0] if caps and len(contract.lines) == 1 else None,
        "escalator_pct": contract.escalator or None,
        "escalator_date": contract.escalates_on or None,
        "po_required": contract.po_number is not None,
        "po_number": contract.po_number if on >= contract.po_missing_until else None,
        "invoice_format": contract.invoice_format,
        "payment_terms_days": contract.terms,
        "start_date": contract.start,
        "end_date": contract.end if end is None else end,
    }


def line_values(contract: Contract, line: Line, *, amount: float | None = None, end: int | None = None) -> Row:
    """Return a contract line's columns."""
    return {
        "contract_line_id": line.id,
        "contract_id": contract.id,
        "project_id": contract.project_id,
        "billing_method": words.BILLING_METHODS[line.method],
        "description": f"{contract.deal.service}, {words.BILLING_METHODS[line.method].replace('_', ' ')}",
        "amount": line.amount if amount is None else amount,
        "recurring_amount": line.monthly or None,
        "not_to_exceed": line.cap or None,
        "currency": contract.currency,
        "start_date": contract.start,
        "end_date": contract.end if end is None else end,
    }


def _record_rates(contract: Contract, role: int, log: VersionLog, stamp: int) -> None:
    values: Row = {
        "contract_id": contract.id,
        "role": words.ROLES[role],
        "currency": contract.currency,
    }
    first: Row = {
        **values,
        "rate_id": f"{contract.id}-R{role + 1}-1",
        "rate": contract.rates[role],
        "valid_from": contract.start,
    }
    log.add("rate_card", stamp, **first)
    if contract.escalates_on and not contract.escalator_missed and contract.escalates_on < contract.end:
        raised = at(contract.escalates_on - 6, 10)
        log.add("rate_card", raised, **first, valid_to=contract.escalates_on)
        log.add(
            "rate_card",
            raised,
            **values,
            rate_id=f"{contract.id}-R{role + 1}-2",
            rate=contract.rate(role, contract.escalates_on),
            valid_from=contract.escalates_on,
        )


def months_between(start: int, end: int) -> list[tuple[int, int]]:
    """Return the calendar months touching [start, end] as (first day, last day) within it."""
    months, first = [], month_start(start)
    while first <= end:
        following = add_months(first, 1)
        months.append((max(first, start), min(following - 1, end)))
        first = following
    return months
