"""What the ERP knows apart from deals and work: companies, currency rates, list prices, suppliers."""

from __future__ import annotations

from datetime import date

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.days import at, day, workday_on_or_after
from leadline.simulator.delivery import Course
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams
from leadline.simulator.timesheets import INTERNAL_NAMES, INTERNAL_PROJECTS
from leadline.simulator.versions import Row, VersionLog

COHORT_STRIDE = 100_000
SUPPLIERS = ("Bright Freelance Pool", "Delta Specialists", "Kite Contractors", "Orbit Staffing")


def record_company(preset: Preset, streams: Streams, log: VersionLog) -> None:
    """Record legal entities, weekly currency rates both ways, list prices and internal projects."""
    founded = day(preset.start) - 3_000
    for index, identity in enumerate(words.LEGAL_ENTITIES):
        log.add(
            "legal_entity",
            at(founded, 9),
            legal_entity_id=identity,
            name=words.ENTITY_NAMES[index],
            country_code=words.ENTITY_COUNTRIES[index],
            functional_currency=words.ENTITY_CURRENCIES[index],
            tax_id=f"{words.ENTITY_COUNTRIES[index]}9988{index}",
        )
    _record_currency(preset, streams, log)
    _record_list_prices(preset, log)
    for identity, name in zip(INTERNAL_PROJECTS, INTERNAL_NAMES, strict=True):
        log.add(
            "project",
            at(founded, 10),
            project_id=identity,
            name=name,
            legal_entity_id="LE-US",
            project_type="internal",
            currency="USD",
            start_date=founded,
            status="open",
        )


def _record_currency(preset: Preset, streams: Streams, log: VersionLog) -> None:
    """Weekly rates to USD as a random walk that is pulled back to its base."""
    rng = streams.shared("currency")
    for index in (1, 2):
        base = words.BASE_USD[index]
        rate = base
        for monday in range(day(preset.start) - 182 - (day(preset.start) + 3) % 7, day(preset.as_of) + 1, 7):
            rate = float(rate + 0.03 * (base - rate) + base * rng.normal(0, 0.006))
            pair: Row = {"from_currency": words.ENTITY_CURRENCIES[index], "to_currency": "USD"}
            log.add("currency_rate", at(monday, 7), rate_date=monday, rate=round(rate, 5), **pair)


def _record_list_prices(preset: Preset, log: VersionLog) -> None:
    years = range(preset.start.year - 1, preset.as_of.year + 1)
    for entity, currency in enumerate(words.ENTITY_CURRENCIES):
        for role, price in enumerate(words.ROLE_LIST_RATE_USD):
            for year in years:
                starts = day(date(year, 1, 1))
                values: Row = {
                    "rate_id": f"LIST-{currency}-{role + 1}-{year}",
                    "role": words.ROLES[role],
                    "rate": round(price / words.BASE_USD[entity] * 1.02 ** (year - preset.start.year)),
                    "currency": currency,
                    "valid_from": starts,
                }
                log.add("rate_card", at(starts - 30, 9), **values)
                if year < preset.as_of.year:
                    log.add(
                        "rate_card",
                        at(day(date(year + 1, 1, 1)) - 30, 9.1),
                        valid_to=day(date(year + 1, 1, 1)),
                        **values,
                    )


def record_suppliers(courses: list[Course], streams: Streams, log: VersionLog) -> dict[int, float]:
    """Record purchase orders and their costs on the projects that buy help in; return cost per project."""
    rng = streams.rng("suppliers")
    serial = streams.cohort * COHORT_STRIDE
    spent: dict[int, float] = {}
    for course in courses:
        contract = course.contract
        if rng.random() > 0.16:
            continue
        serial += 1
        rate = 105.0 / words.BASE_USD[contract.entity]
        hours = contract.deal.hours * float(rng.uniform(0.05, 0.2))
        ordered = workday_on_or_after(course.begins + int(rng.integers(5, 40)))
        order: Row = {
            "purchase_order_id": f"PO-{serial:07d}",
            "project_id": contract.project_id,
            "supplier": SUPPLIERS[int(rng.integers(0, 4))],
            "amount": round(hours * rate, -2),
            "currency": contract.currency,
            "ordered_on": ordered,
        }
        log.add("purchase_order", at(ordered, 10), status="open", **order)
        spent[contract.index] = _supplier_costs(course, order, hours, rate, rng, log)
    return spent


def _supplier_costs(
    course: Course, order: Row, hours: float, rate: float, rng: np.random.Generator, log: VersionLog
) -> float:
    ordered = int(str(order["ordered_on"]))
    months = list(range(ordered + 30, max(course.closes, ordered + 31), 30))
    total = 0.0
    for number, when in enumerate(months, start=1):
        worked = round(hours / len(months) * float(rng.uniform(0.8, 1.25)) * 4) / 4
        amount = round(worked * rate, 2)
        total += amount
        log.add(
            "subcontractor_cost",
            at(when + int(rng.integers(2, 12)), 11),
            cost_id=f"{order['purchase_order_id']}-{number:02d}",
            project_id=order["project_id"],
            purchase_order_id=order["purchase_order_id"],
            supplier=order["supplier"],
            cost_date=when,
            hours=worked,
            amount=amount,
            currency=order["currency"],
            billable=False,
        )
    log.add("purchase_order", at(course.closes + 20, 10), status="closed", **order)
    return total
