"""The firm's clients: master data as two systems know it, and the temper behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.days import Bools, Floats, Ints, at, day
from leadline.simulator.people import People, draw_regions
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams
from leadline.simulator.versions import Row, VersionLog

COHORT_STRIDE = 1_000
# Days after which a client's second ERP record is made.
TWIN_DELAY = 150
# Days until payment is due, and the share of business under each.
TERMS, TERMS_SHARE = (14, 30, 45, 60), (0.06, 0.46, 0.27, 0.21)


@dataclass(frozen=True)
class Clients:
    """One entry per client. ``crm_ids`` and ``erp_ids`` are its keys in the two systems.

    Latent: ``litigious`` (urge to dispute), ``rigour`` (accounts payable checks), ``tardy`` (pays late),
    ``loyalty`` (buys again). ``twin_ids`` holds the second ERP record of the clients that have one, else "".
    """

    crm_ids: tuple[str, ...]
    erp_ids: tuple[str, ...]
    twin_ids: tuple[str, ...]
    names: tuple[str, ...]
    industry: Ints
    entity: Ints
    region: Ints
    created: Ints
    terms: Ints
    needs_po: Bools
    owner: Ints
    weight: Floats
    litigious: Floats
    rigour: Floats
    tardy: Floats
    loyalty: Floats


def make_clients(preset: Preset, people: People, streams: Streams) -> Clients:
    """Draw the clients; a few own most of the business."""
    rng = streams.rng("clients")
    count = preset.clients
    base = streams.cohort * COHORT_STRIDE
    entity = np.arange(count) % 3
    entity = np.where(rng.random(count) < 0.3, 0, entity)
    twins = rng.random(count) < 0.10
    twins[:2] = True
    start, end = day(preset.start), day(preset.as_of)
    created = np.where(
        rng.random(count) < 0.6,
        start - rng.integers(200, 2000, count),
        start + rng.integers(0, (end - start) * 3 // 4, count),
    )
    kin = f"-{streams.cohort + 1}" if streams.cohort else ""
    order = rng.permutation(len(words.COMPANY_FIRST) * len(words.COMPANY_SECOND))[:count]
    names = [
        " ".join((words.COMPANY_FIRST[n % 20], words.COMPANY_SECOND[n // 20 % 10] + kin, words.COMPANY_FORM[e]))
        for n, e in zip(order.tolist(), entity.tolist(), strict=True)
    ]
    weight = np.minimum(rng.pareto(1.6, count), 5.0) + 0.4
    rigour, litigious, loyalty, temper = (_centred(rng.normal(0, 1, count), weight) for _ in range(4))
    return Clients(
        crm_ids=tuple(f"001LD{base + n:010d}" for n in range(1, count + 1)),
        erp_ids=tuple(f"K{100_000 + base * 2 + n}" for n in range(1, count + 1)),
        twin_ids=tuple(f"K{500_000 + base * 2 + n}" if twins[n - 1] else "" for n in range(1, count + 1)),
        names=tuple(names),
        industry=rng.integers(0, len(words.INDUSTRIES), count),
        entity=entity,
        region=draw_regions(entity, rng),
        created=created,
        terms=_terms(weight, rng),
        needs_po=(rng.random(count) < 0.35 + 0.12 * np.clip(rigour, -1, 2)),
        owner=rng.choice(people.sellers, size=count),
        weight=weight,
        litigious=litigious,
        rigour=rigour,
        tardy=_centred(0.5 * rigour + 0.9 * temper, weight),
        loyalty=loyalty,
    )


def _terms(weight: Floats, rng: np.random.Generator) -> Ints:
    """Deal payment terms out in fixed shares of business, so that a handful of clients does not set the firm's DSO."""
    order = rng.permutation(len(weight))
    share = (np.cumsum(weight[order]) - weight[order] / 2) / weight.sum()
    terms = np.zeros(len(weight), dtype=np.int64)
    terms[order] = np.array(TERMS)[np.searchsorted(np.cumsum(TERMS_SHARE)[:-1], share)]
    return terms


def _centred(values: Floats, weight: Floats) -> Floats:
    """Shift and scale to mean 0 and deviation 1 by weight, so that a handful of clients does not set the base rates."""
    middle = np.average(values, weights=weight)
    return np.asarray((values - middle) / np.sqrt(np.average((values - middle) ** 2, weights=weight)))


def record_clients(
    clients: Clients, people: People, log: VersionLog, *, preset: Preset, streams: Streams
) -> list[dict[str, str]]:
    """Record accounts and contacts in both systems; return the truth about duplicates.

    The ERP carries the CRM's key for most clients; the link is missing for a few, and a tenth of the clients exist
    twice in the ERP, some of the second records without a link.
    """
    rng = streams.rng("client records")
    truth: list[dict[str, str]] = []
    contacts = streams.cohort * 10_000
    for n in range(len(clients.crm_ids)):
        shared = _shared(clients, people, n)
        _record_crm(clients, people, n, shared, log, preset, rng)
        truth += _record_erp(clients, n, shared, log, rng, sound=preset.profile.hand_off.sound)
        contacts = _record_contacts(clients, n, contacts, log, preset, rng)
    return truth


def _record_crm(
    clients: Clients, people: People, n: int, shared: Row, log: VersionLog, preset: Preset, rng: np.random.Generator
) -> None:
    """Record the CRM's account; one in five changes its owner, one in nine belongs to the client before it."""
    created = int(clients.created[n])
    parent = clients.crm_ids[n - 1] if n % 9 == 8 and clients.created[n - 1] < created else None
    values: Row = {**shared, "account_id": clients.crm_ids[n], "parent_account_id": parent}
    values |= {"created_on": created, "status": "Customer"}
    log.add("account", at(created, 9.5), **values)
    if rng.random() < 0.2:
        moved = int(rng.integers(day(preset.start), day(preset.as_of)))
        values["owner_id"] = people.ids[int(rng.choice(people.sellers))]
        log.add("account", max(at(moved, 10), at(created, 10)), **values)


def _record_erp(
    clients: Clients, n: int, shared: Row, log: VersionLog, rng: np.random.Generator, *, sound: bool
) -> list[dict[str, str]]:
    """Record the ERP's account and its twin, if any; return which of them carry the CRM's key."""
    crm_id, created = clients.crm_ids[n], int(clients.created[n])
    rows = [("original", clients.erp_ids[n], clients.names[n], created + 3, rng.random() > 0.07)]
    if clients.twin_ids[n]:
        name = _misspelt(clients.names[n], rng)
        rows.append(("duplicate", clients.twin_ids[n], name, created + TWIN_DELAY, rng.random() < 0.4))
    truth = []
    for kind, erp_id, name, opened, linked in rows:
        values: Row = {**shared, "account_id": erp_id, "name": name, "created_on": opened, "status": "A"}
        master = crm_id if linked or sound else None
        log.add("account", at(opened, 14), system="erp", master_account_id=master, **values)
        note = {
            "crm_account_id": crm_id,
            "erp_account_id": erp_id,
            "linked": str(master is not None).lower(),
            "kind": kind,
        }
        truth.append(note)
    return truth


def _record_contacts(
    clients: Clients, n: int, number: int, log: VersionLog, preset: Preset, rng: np.random.Generator
) -> int:
    """Record a billing contact, often a sponsor, and who of them leaves; return the last contact number used."""
    created = int(clients.created[n])
    for role in ("Billing", "Sponsor")[: 1 + int(rng.random() < 0.8)]:
        number += 1
        values: Row = {"contact_id": f"003LD{number:010d}", "account_id": clients.crm_ids[n], "role": role}
        values["email"] = f"{role.lower()}{number}@client-{number}.example.com"
        log.add("contact", at(created + 1, 11), active=True, **values)
        if rng.random() < 0.08:
            left = int(rng.integers(day(preset.start), day(preset.as_of)))
            log.add("contact", max(at(left, 12), at(created + 2, 12)), active=False, **values)
    return number


def _shared(clients: Clients, people: People, n: int) -> Row:
    entity = int(clients.entity[n])
    country = words.ENTITY_COUNTRIES[entity]
    return {
        "name": clients.names[n],
        "industry": words.INDUSTRIES[int(clients.industry[n])],
        "region": words.REGIONS[int(clients.region[n])],
        "country_code": country,
        "tax_id": f"{country}{71_000_000 + 37 * n}",
        "payment_terms_days": int(clients.terms[n]),
        "owner_id": people.ids[int(clients.owner[n])],
    }


def _misspelt(name: str, rng: np.random.Generator) -> str:
    first, second, form = name.split(" ")
    variants = (
        f"{first.upper()} {second.upper()}",
        f"{first} {second}",
        f"{first}-{second} {form}",
        f"{first[:-1]} {second} {form}",
    )
    return variants[int(rng.integers(0, len(variants)))]
