"""Deals: a hidden chance of winning first, then the path through the stages that the CRM sees of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.clients import Clients
from leadline.simulator.days import Floats, as_date, at, day, workday_on_or_after
from leadline.simulator.deal import Deal
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.quotes import record_quote
from leadline.simulator.streams import Streams
from leadline.simulator.versions import Row, VersionLog

COHORT_STRIDE = 100_000
# Weeks from one stage to the next: median of Prospecting, Qualification, Proposal, Negotiation.
DWELL_WEEKS = (1.5, 1.95, 2.4, 1.8)
# Spread of the logarithm of a stage's length, how much slower lost deals move, and the last stage they see.
DWELL_SPREAD, LOST_SLOWNESS, LOST_AT = 0.6, 1.35, (0.16, 0.29, 0.34, 0.21)
# Days from the decision to the first day of work.
LEAD_DAYS = (7, 45)
# Log-odds of winning: the usual deal's; one deviation of how well a service sells in an industry, of the client's
# loyalty, and of what is special about the deal, which no one sees.
BASE, AFFINITY, LOYALTY, HIDDEN_FIT = -1.2, 0.9, 0.65, 1.0
# Days' worth of deals that a firm in its stride has on its books when the simulation starts.
ORDER_BOOK_DAYS = 140
# Share of deals entered twice by mistake.
MISTAKEN_TWIN = 0.02
MEAN_RATE_USD = 168.0
# The load the firm steers for, as a share of contractual hours, and how far ahead it looks.
TARGET_LOAD, APPETITE_DAYS = 0.455, 60
# How strongly it steers, and the least and most it changes the size of the work it bids for.
APPETITE, APPETITE_RANGE = 1.3, (0.5, 2.0)


@dataclass(frozen=True)
class _Market:
    """What drawing a deal needs; ``rng`` draws effects, ``luck`` events."""

    preset: Preset
    people: People
    clients: Clients
    streams: Streams
    rng: np.random.Generator
    luck: np.random.Generator


def make_deals(preset: Preset, people: People, clients: Clients, streams: Streams, log: VersionLog) -> list[Deal]:
    """Draw all deals in order of creation, record their versions, events, quotes, approvals and role demand."""
    market = _Market(preset, people, clients, streams, streams.rng("deals"), streams.events("deals"))
    deals: list[Deal] = []
    for number, created in enumerate(_creation_days(preset, market.rng), start=1):
        deal = _draw(number, created, market, _appetite(deals, created, market))
        deals.append(deal)
        _record(deal, people=people, clients=clients, rng=market.luck, log=log)
    return deals


def _appetite(deals: list[Deal], on: int, market: _Market) -> float:
    """Return the factor on a deal's size: a firm with idle people bids for bigger work, a full one for smaller.

    Looks at the work won so far that will run two months on, against the hours of the people employed.
    """
    then, people = max(on, day(market.preset.start)) + APPETITE_DAYS, market.people
    employed = people.delivers & (people.hire <= max(on, day(market.preset.start))) & (people.leaves > on)
    target = TARGET_LOAD * float(people.weekly_hours[employed].sum())
    open_then = (deal for deal in deals if deal.won and deal.closed <= on and deal.start <= then)
    running = (deal for deal in open_then if then < deal.start + 7 * deal.weeks)
    booked = sum(deal.hours / deal.weeks for deal in running)
    return float(np.clip((target / max(booked, 1.0)) ** APPETITE, *APPETITE_RANGE))


def _creation_days(preset: Preset, rng: np.random.Generator) -> list[int]:
    """An early bulge fills the order book; after it deals arrive evenly until the end."""
    start, end = day(preset.start), day(preset.as_of)
    bulge = int(preset.opportunities * ORDER_BOOK_DAYS / (end - start))
    early = start - 150 + rng.integers(0, 140, bulge)
    steady = start - 10 + np.sort(rng.integers(0, end - start + 8, preset.opportunities - bulge))
    return [workday_on_or_after(int(number)) for number in np.sort(np.concatenate([early, steady]))]


def _draw(number: int, created: int, market: _Market, appetite: float) -> Deal:
    """Draw one deal: client, work, price and chance first, then, by luck, the outcome and the path to it."""
    rng, luck, clients, preset = market.rng, market.luck, market.clients, market.preset
    weight = clients.weight * (clients.created < created)
    client = int(rng.choice(len(weight), p=weight / weight.sum()))
    entity = int(clients.entity[client])
    seller = int(clients.owner[client]) if rng.random() < 0.7 else int(rng.choice(market.people.sellers))
    practice = int(rng.choice(3, p=np.roll([0.5, 0.3, 0.2], int(clients.industry[client]) % 3)))
    method = int(rng.choice(len(words.BILLING_METHODS), p=preset.profile.billing))
    weeks = _weeks(method, preset, rng)
    size = float(np.exp(rng.normal(-0.25, 0.6))) * (weeks / 26) ** 0.5
    service = str(rng.choice(words.SERVICES[words.PRACTICES[practice]]))
    discount = float(np.clip(rng.choice([0.0, rng.gamma(2.0, 0.035)], p=[0.3, 0.7]), 0, 0.3))
    known_fit = AFFINITY * _affinity(market.streams, int(clients.industry[client]), service)
    hidden_fit = HIDDEN_FIT * float(rng.normal(0, 1))
    guesses = np.exp(rng.normal(0, 0.2, len(words.ROLES)))
    visible = _visible_odds(known_fit, size, discount, practice)
    chance = 1 / (1 + np.exp(-(visible + LOYALTY * float(clients.loyalty[client]) + hidden_fit)))
    won = bool(luck.random() < chance)
    path = _path(created, won, luck)
    closed = path[-1][0]
    hours = float(np.clip(size * appetite * preset.hours_scale, 60, 12_000))
    price = hours * MEAN_RATE_USD * (1 - discount) / words.BASE_USD[entity]
    return Deal(
        number=number,
        id=f"006LD{market.streams.cohort * COHORT_STRIDE + number:010d}",
        client=client,
        seller=seller,
        practice=practice,
        entity=entity,
        region=int(clients.region[client]),
        method=method,
        service=service,
        created=created,
        closed=closed,
        won=won,
        chance=float(chance),
        visible=visible,
        hours=hours,
        weeks=weeks,
        amount=round(price / 100) * 100.0,
        discount=round(discount, 3),
        start=workday_on_or_after(closed + int(luck.integers(*LEAD_DAYS))),
        negotiation=next((when for when, stage in path if stage == 3), closed),
        fit=known_fit + hidden_fit,
        path=path,
        asks=_asks(practice, hours, weeks, guesses),
    )


def _weeks(method: int, preset: Preset, rng: np.random.Generator) -> int:
    low, high = {0: (10, 44), 1: (10, 32), 2: (12, 36), 3: (16, 40), 4: (26, 60), 5: (52, 105), 6: (20, 48)}[method]
    return int(rng.integers(low, high) * preset.length_scale)


def _visible_odds(known_fit: float, size: float, discount: float, practice: int) -> float:
    """Log-odds of winning from what anybody can work out: big deals are harder, discounts help a little.

    ``size`` is relative to the firm's usual deal. A client's loyalty and what is special about the deal come on top.
    """
    return float(BASE + known_fit + 2.0 * (discount - 0.05) - 0.45 * np.log(size) + (0.25, 0.0, -0.25)[practice])


def _affinity(streams: Streams, industry: int, service: str) -> float:
    """Return how well a service sells in an industry, the same for all cohorts."""
    return float(streams.shared(f"affinity {industry} {service}").normal(0, 1))


def _asks(practice: int, hours: float, weeks: int, guesses: Floats) -> tuple[tuple[int, float], ...]:
    """Return the roles and full-time equivalents a seller asks for, who guesses them."""
    wanted = ((role, share * hours / (weeks * 38) * float(guesses[role])) for role, share in role_mix(practice, hours))
    return tuple((role, round(max(fte, 0.05), 2)) for role, fte in wanted)


def _path(created: int, won: bool, rng: np.random.Generator) -> tuple[tuple[int, int], ...]:
    """Return (day, stage) of every stage entered, the decision last; deals that will be lost move slower."""
    last = len(DWELL_WEEKS) - 1 if won else int(rng.choice(len(LOST_AT), p=LOST_AT))
    path, moment = [(created, 0)], float(created)
    for stage in range(last + 1):
        slow = 1.0 if won else LOST_SLOWNESS
        moment += max(2.0, 7 * DWELL_WEEKS[stage] * slow * float(np.exp(rng.normal(0, DWELL_SPREAD))))
        if stage < last:
            path.append((workday_on_or_after(int(moment)), stage + 1))
    return (*path, (workday_on_or_after(int(moment) + 1), words.WON if won else words.LOST))


def _record(deal: Deal, *, people: People, clients: Clients, rng: np.random.Generator, log: VersionLog) -> None:
    """Record the opportunity's versions: stages, pushed dates and revised amounts, each with its event."""
    optimism = float(people.optimism[deal.seller])
    cycle = 75 - 12 * optimism + rng.normal(0, 12)
    state = {
        "stage": words.STAGES[0],
        "expected_close_date": int(deal.created + max(cycle, 14)),
        "amount": round(deal.amount * float(np.exp(rng.normal(0.06 + 0.05 * optimism, 0.16))) / 100) * 100.0,
    }
    steps: list[tuple[int, str, float]] = [
        (at(when, 9 + rng.random() * 8), "stage", stage) for when, stage in deal.path
    ]
    steps += _revisions(deal, state, rng)
    steps.sort(key=lambda step: (step[0], step[1]))
    serial = 0
    for moment, kind, value in steps:
        before = state[kind]
        if kind == "stage":
            state[kind] = words.STAGES[int(value)]
        elif kind == "expected_close_date":
            state[kind] = int(moment // 86_400 + value)
        else:
            state[kind] = value
        if moment > steps[0][0]:
            serial += 1
            _event(deal, serial, moment, kind, before, state[kind], log)
        _version(deal, moment, state, people=people, clients=clients, optimism=optimism, log=log)
    record_quote(deal, rng=rng, people=people, log=log)
    if rng.random() < MISTAKEN_TWIN:
        _mistaken_duplicate(deal, people=people, clients=clients, state=state, log=log)
    _role_demand(deal, log=log)


def _mistaken_duplicate(deal: Deal, *, people: People, clients: Clients, state: Row, log: VersionLog) -> None:
    """Somebody enters a deal twice and deletes the second record days later."""
    twin = replace(deal, id=f"006LD9{deal.id[6:]}")
    first: Row = {**state, "stage": words.STAGES[0], "expected_close_date": deal.created + 80}
    optimism = float(people.optimism[deal.seller])
    _version(twin, at(deal.created + 2, 10), first, people=people, clients=clients, optimism=optimism, log=log)
    gone = at(deal.created + 6, 16)
    _version(twin, gone, first, people=people, clients=clients, optimism=optimism, log=log, deleted=True)


def _revisions(deal: Deal, state: Row, rng: np.random.Generator) -> list[tuple[int, str, float]]:
    """Dates are pushed once they have passed, or a little before; amounts move towards the real one."""
    steps: list[tuple[int, str, float]] = []
    expected = int(state["expected_close_date"])
    while expected < deal.closed - 3:
        push = int(rng.integers(14, 45))
        noticed = max(expected + int(rng.integers(-6, 8)), deal.created + 2)
        if noticed >= deal.closed:
            break
        steps.append((at(noticed, 10 + rng.random() * 6), "expected_close_date", float(push)))
        expected = noticed + push
    if deal.closed - deal.created > 20 and rng.random() < 0.6:
        when = int(rng.integers(deal.created + 10, deal.closed))
        steps.append((at(when, 10 + rng.random() * 6), "amount", deal.amount))
    return steps


def _event(deal: Deal, serial: int, moment: int, kind: str, before: Any, after: Any, log: VersionLog) -> None:
    def text(value: Any) -> str:
        return as_date(value).isoformat() if kind == "expected_close_date" else str(value)

    log.add(
        "opportunity_event",
        moment,
        event_id=f"017{deal.id[3:]}{serial:03d}",
        opportunity_id=deal.id,
        event_type=kind,
        old_value=text(before),
        new_value=text(after),
        event_at=moment,
    )


def _version(
    deal: Deal,
    moment: int,
    state: Row,
    *,
    people: People,
    clients: Clients,
    optimism: float,
    log: VersionLog,
    deleted: bool = False,
) -> None:
    stage = words.STAGES.index(str(state["stage"]))
    closed = stage in (words.WON, words.LOST)
    probability = words.STAGE_PROBABILITY[stage]
    if not closed:
        probability = float(np.clip(round(probability + 0.06 * optimism, 2), 0.05, 0.9))
    log.add(
        "opportunity",
        moment,
        deleted=deleted,
        opportunity_id=deal.id,
        account_id=clients.crm_ids[deal.client],
        name=f"{clients.names[deal.client]} {deal.service}",
        stage=words.STAGES[stage],
        is_closed=closed,
        is_won=(stage == words.WON) if closed else None,
        amount=deal.amount if stage == words.WON else state["amount"],
        currency=words.ENTITY_CURRENCIES[deal.entity],
        probability=probability,
        expected_close_date=state["expected_close_date"],
        close_date=deal.closed if closed else None,
        expected_start_date=deal.start if stage == words.WON else int(state["expected_close_date"]) + 21,
        expected_duration_weeks=deal.weeks,
        owner_id=people.ids[deal.seller],
        practice=words.PRACTICES[deal.practice],
        region=words.REGIONS[deal.region],
        service_type=deal.service,
        billing_method=words.BILLING_METHODS[deal.method],
        legal_entity_id=words.LEGAL_ENTITIES[deal.entity],
        created_on=deal.created,
    )


def _role_demand(deal: Deal, *, log: VersionLog) -> None:
    for role, fte in deal.asks:
        log.add(
            "opportunity_role_demand",
            at(deal.created, 18),
            demand_id=f"{deal.id}-{words.ROLES[role]}",
            opportunity_id=deal.id,
            role=words.ROLES[role],
            region=words.REGIONS[deal.region],
            fte=fte,
            start_offset_weeks=0,
            duration_weeks=deal.weeks,
        )


def role_mix(practice: int, hours: float) -> list[tuple[int, float]]:
    """Return the roles a deal needs with their share of hours; the mix depends on practice and size only."""
    base = ((0.22, 0.34, 0.22, 0.12, 0.10), (0.18, 0.32, 0.28, 0.10, 0.12), (0.24, 0.26, 0.26, 0.18, 0.06))[practice]
    if hours < 250:
        base = (0.0, 0.5, 0.35, 0.15, 0.0)
    elif hours < 600:
        base = (0.0, 0.45, 0.30, 0.15, 0.10)
    return [(role, share) for role, share in enumerate(base) if share > 0]
