"""The firm's clients: master data as two systems know it, and the temper behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.days import Bools, Floats, Ints, at, day
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams
from leadline.simulator.versions import VersionLog

COHORT_STRIDE = 1_000


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
    order = rng.permutation(len(words.COMPANY_FIRST) * len(words.COMPANY_SECOND))[:count]
    names = [
        f"{words.COMPANY_FIRST[int(n) % 20]} {words.COMPANY_SECOND[int(n) // 20 % 10]} {words.COMPANY_FORM[int(e)]}"
        for n, e in zip(order, entity, strict=True)
    ]
    rigour = rng.normal(0, 1, count)
    return Clients(
        crm_ids=tuple(f"001LD{base + n:010d}" for n in range(1, count + 1)),
        erp_ids=tuple(f"K{100_000 + base * 2 + n}" for n in range(1, count + 1)),
        twin_ids=tuple(f"K{500_000 + base * 2 + n}" if twins[n - 1] else "" for n in range(1, count + 1)),
        names=tuple(names),
        industry=rng.integers(0, len(words.INDUSTRIES), count),
        entity=entity,
        created=created,
        terms=rng.choice([14, 30, 45, 60], size=count, p=[0.1, 0.55, 0.2, 0.15]),
        needs_po=(rng.random(count) < 0.35 + 0.12 * np.clip(rigour, -1, 2)),
        owner=rng.choice(people.sellers, size=count),
        weight=rng.pareto(1.6, count) + 0.4,
        litigious=rng.normal(0, 1, count),
        rigour=rigour,
        tardy=0.5 * rigour + rng.normal(0, 0.9, count),
        loyalty=rng.normal(0, 1, count),
    )


def record_clients(
    clients: Clients, people: People, log: VersionLog, *, preset: Preset, streams: Streams
) -> list[dict[str, str]]:
    """Record accounts and contacts in both systems; return the truth about duplicates.

    The ERP carries the CRM's key for most clients; the link is missing for a few, and a tenth of the clients exist
    twice in the ERP, some of the second records without a link.
    """
    rng = streams.rng("client records")
    truth: list[dict[str, str]] = []
    contact = 0
    for n, crm_id in enumerate(clients.crm_ids):
        created = int(clients.created[n])
        shared = _shared(clients, people, n)
        log.add("account", at(created, 9.5), account_id=crm_id, created_on=created, status="Customer", **shared)
        if rng.random() < 0.2:
            moved = int(rng.integers(day(preset.start), day(preset.as_of)))
            seller = int(rng.choice(people.sellers))
            changed = {**shared, "owner_id": people.ids[seller]}
            log.add(
                "account",
                max(at(moved, 10), at(created, 10)),
                account_id=crm_id,
                created_on=created,
                status="Customer",
                **changed,
            )
        linked = rng.random() > 0.07
        erp = {**shared, "created_on": created + 3, "status": "A"}
        log.add(
            "account",
            at(created + 3, 14),
            system="erp",
            account_id=clients.erp_ids[n],
            master_account_id=crm_id if linked else None,
            **erp,
        )
        truth.append(
            {
                "crm_account_id": crm_id,
                "erp_account_id": clients.erp_ids[n],
                "linked": str(linked).lower(),
                "kind": "original",
            }
        )
        if clients.twin_ids[n]:
            twin_linked = rng.random() < 0.4
            twin = {**erp, "name": _misspelt(clients.names[n], rng), "created_on": created + 150}
            log.add(
                "account",
                at(created + 150, 15),
                system="erp",
                account_id=clients.twin_ids[n],
                master_account_id=crm_id if twin_linked else None,
                **twin,
            )
            truth.append(
                {
                    "crm_account_id": crm_id,
                    "erp_account_id": clients.twin_ids[n],
                    "linked": str(twin_linked).lower(),
                    "kind": "duplicate",
                }
            )
        for role in ("Billing", "Sponsor")[: 1 + int(rng.random() < 0.8)]:
            contact += 1
            contact_id = f"003LD{streams.cohort * 10_000 + contact:010d}"
            values = {"contact_id": contact_id, "account_id": crm_id, "role": role}
            email = f"{role.lower()}{n + 1}@client{streams.cohort}-{n + 1}.example.com"
            log.add("contact", at(created + 1, 11), email=email, active=True, **values)
            if rng.random() < 0.08:
                left = int(rng.integers(day(preset.start), day(preset.as_of)))
                log.add("contact", max(at(left, 12), at(created + 2, 12)), email=email, active=False, **values)
    return truth


def _shared(clients: Clients, people: People, n: int) -> dict[str, object]:
    entity = int(clients.entity[n])
    country = words.ENTITY_COUNTRIES[entity]
    return {
        "name": clients.names[n],
        "industry": words.INDUSTRIES[int(clients.industry[n])],
        "region": words.REGIONS[entity],
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
