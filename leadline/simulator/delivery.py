"""Delivery: how far each project really runs over, when that shows, and the changes its client approves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.contracts import Contract, contract_values, line_values
from leadline.simulator.days import at
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.staffing import Booking, Desk
from leadline.simulator.versions import Row, VersionLog

# Share of projects on which clients get work that no change order prices.
CREEP_SHARE = 0.35
# How long before their last day leavers tell.
NOTICE_DAYS = 21


@dataclass
class Change:
    """One change order. ``reflected`` is the day it reaches contract and billing schedule (0: never)."""

    id: str
    requested: int
    submitted: int
    decided: int
    status: str
    hours: float
    value: float
    cost: float
    delay: int
    reflected: int


@dataclass
class Course:
    """How one project truly goes. ``ratio`` multiplies the planned hours; it shows from day ``surfaces`` on.

    ``closes`` is the true last day, whether or not it lies after the end of the simulation.
    ``early`` and ``late`` scale the booked weekly hours before and after that day. ``creep`` is work the client asked
    for and nobody priced, as a share of the planned hours. ``insight`` and ``slip_insight`` are the project manager's
    lasting errors about total effort and slip, 1 is none; ``phasing`` bends how phases of work follow progress.
    """

    contract: Contract
    begins: int
    closes: int
    surfaces: int
    ratio: float
    early: float
    late: float
    bookings: list[Booking]
    changes: list[Change] = field(default_factory=list)
    creep: float = 0.0
    insight: float = 1.0
    slip_insight: float = 1.0
    phasing: float = 1.0
    plan_cost: float = 0.0
    plan_hours: float = 0.0

    def effort(self, on: int) -> float:
        """Return the effort spent by a day, in days at the booked weekly hours."""
        before = self.early * np.clip(on - self.begins, 0, self.surfaces - self.begins)
        return float(before + self.late * np.clip(on - self.surfaces, 0, self.closes - self.surfaces))

    def day_at(self, share: float) -> int:
        """Return the day on which a share of the work is done."""
        first = self.early * (self.surfaces - self.begins)
        total = first + self.late * (self.closes - self.surfaces)
        target = share * total
        if target <= first:
            return int(self.begins + target / self.early)
        return int(self.surfaces + (target - first) / self.late)


def run_project(desk: Desk, contract: Contract, bookings: list[Booking], rng: np.random.Generator) -> Course:
    """Draw the true course of a project from its latents, and keep its people busy for as long as it lasts."""
    people, deal = desk.people, contract.deal
    team = float(np.mean([booking.fit for booking in bookings])) if bookings else 0.5
    pull = 0.055 * contract.complexity - 0.05 * people.quality[contract.manager] + 0.04 * people.optimism[deal.seller]
    pull += -0.30 * (team - 0.68) + 0.6 * (deal.discount - 0.06)
    shock = 0.17 * float(rng.standard_t(4))
    creep = float(min(rng.gamma(1.5, 0.06), 0.5)) if rng.random() < CREEP_SHARE else 0.0
    ratio = float(np.clip(np.exp(0.16 + pull + shock) + creep, 0.72, 2.8))
    changes = _changes(contract, desk.preset, rng)
    ratio_all = ratio + sum(change.hours for change in changes if change.status == "approved") / deal.hours
    begins = contract.start + int(rng.choice([0, 0, 0, 7, 14]))
    planned = contract.end - begins
    length = int(planned * np.clip(1 + 0.6 * (ratio_all - 1) + rng.normal(0, 0.06), 0.75, 2.2))
    surfaces = begins + int(planned * rng.uniform(0.3, 0.8) * min(1.0, length / planned))
    early = float(rng.uniform(0.9, 1.05))
    left = ratio_all * planned - early * (surfaces - begins)
    for change in changes:
        if change.reflected > begins + length:
            change.reflected = 0
    late = float(np.clip(left / max(begins + length - surfaces, 7), 0.35, 2.2))
    course = Course(contract, begins, begins + length, surfaces, ratio, early, late, bookings, changes, creep)
    course.plan_hours = sum(booking.hours * max(booking.end - booking.start, 7) / 7 for booking in bookings)
    course.plan_cost = round(sum(_booking_cost(booking, contract) for booking in bookings), 2)
    course.insight = float(np.exp(rng.normal(-0.05, 0.11) - 0.04 * people.optimism[contract.manager]))
    course.slip_insight = float(np.exp(rng.normal(-0.3, 0.45)))
    course.phasing = float(np.exp(rng.normal(0, 0.3)))
    _extend(desk, course)
    return course


def _booking_cost(booking: Booking, contract: Contract) -> float:
    """Plan cost of a booking at the standard cost of its role, in the contract's currency."""
    standard = words.ROLE_COST_USD[booking.role] / words.BASE_USD[contract.entity]
    return booking.hours * max(booking.end - booking.start, 7) / 7 * standard


def _extend(desk: Desk, course: Course) -> None:
    """Record the bookings with their extension or early end, and take the time from the desk."""
    contract = course.contract
    for booking in course.bookings:
        values: Row = {
            "assignment_id": booking.id,
            "project_id": contract.project_id,
            "request_id": booking.request_id,
            "person_id": desk.people.ids[booking.person],
            "role": words.ROLES[booking.role],
            "booking_type": "hard",
            "start_date": booking.start,
            "hours_per_week": booking.hours,
        }
        decided, leaves = int(booking.proposal["decided_on"]), int(desk.people.leaves[booking.person])
        planned_end = max(contract.end, booking.start)
        desk.log.add("assignment", at(decided, 13), status="active", end_date=planned_end, **values)
        if leaves < contract.end:
            desk.log.add("assignment", at(leaves - NOTICE_DAYS, 13), status="active", end_date=leaves, **values)
        else:
            if course.closes > planned_end + 10 and booking.start < course.surfaces < planned_end:
                believed = int(planned_end + course.slip_insight * (course.closes - planned_end))
                desk.log.add("assignment", at(course.surfaces + 12, 13), status="active", end_date=believed, **values)
            booking.end = min(max(course.closes, booking.start + 3), leaves)
            first, last = desk.week(contract.end), desk.week(booking.end)
            desk.free[booking.person, first + 1 : last + 1] -= booking.hours * course.late
        desk.log.add("assignment", at(booking.end + 1, 9), status="ended", end_date=booking.end, **values)
        _rate_outcome(desk, booking)


def _rate_outcome(desk: Desk, booking: Booking) -> None:
    """The project manager rates what was delivered: true fit seen through noise, some never rated."""
    if desk.rng.random() < 0.82:
        score = np.log(booking.fit / (1 - booking.fit)) + desk.rng.normal(0, 0.55)
        rated = booking.end + int(desk.rng.integers(4, 20))
        rating = round(float(1 / (1 + np.exp(-score))), 2)
        desk.log.add(
            "staffing_proposal",
            at(rated, 15),
            status="accepted",
            outcome_rating=rating,
            outcome_on=rated,
            **booking.proposal,
        )


def _changes(contract: Contract, preset: Preset, rng: np.random.Generator) -> list[Change]:
    found = []
    span = contract.end - contract.start
    for serial in range(int(rng.poisson(preset.change_orders_per_project))):
        requested = contract.start + int(span * rng.uniform(0.1, 0.95))
        submitted = requested + int(rng.integers(1, 8))
        decided = submitted + int(rng.integers(3, 25))
        hours = round(max(contract.deal.hours * rng.gamma(1.6, 0.035), 4.0))
        status = str(rng.choice(["approved", "rejected", "cancelled"], p=[0.74, 0.16, 0.10]))
        price = contract.rate(2, requested) * float(rng.uniform(0.8, 1.05))
        draw = rng.random()
        reflected = decided + int(rng.integers(2, 15) if draw < 0.72 else rng.integers(35, 120)) if draw < 0.9 else 0
        found.append(
            Change(
                id=f"a0C{contract.id[2:]}{serial + 1:02d}",
                requested=requested,
                submitted=submitted,
                decided=decided,
                status=status,
                hours=float(hours),
                value=round(hours * price / 10) * 10.0,
                cost=round(hours * words.STANDARD_COST_USD / words.BASE_USD[contract.entity], 2),
                delay=int(rng.choice([0, 0, 7, 14, 21])),
                reflected=reflected if status == "approved" else 0,
            )
        )
    return sorted(found, key=lambda change: change.decided)


def record_project(course: Course, people: People, log: VersionLog, *, rng: np.random.Generator) -> None:
    """Record a project's status, tasks, baselines, change orders and the close of its contract."""
    contract = course.contract
    values = project_values(contract, people)
    log.add("project", at(contract.signed, 16.4), status="planned", planned_end_date=contract.end, **values)
    log.add("project", at(course.begins, 8), status="open", planned_end_date=contract.end, **values)
    if rng.random() < 0.06 and course.closes - course.begins > 90:
        held = course.day_at(0.4)
        log.add("project", at(held, 10), status="on_hold", planned_end_date=contract.end, **values)
        log.add("project", at(held + 20, 10), status="open", planned_end_date=contract.end, **values)
    delay = sum(change.delay for change in course.changes if change.status == "approved")
    closed = course.closes + int(rng.integers(3, 25))
    if rng.random() < 0.03:
        premature: Row = {**values, "planned_end_date": contract.end + delay, "actual_end_date": course.closes}
        log.add("project", at(course.closes + 1, 9), status="closed", **premature)
        log.add("project", at(course.closes + 2, 9), status="open", planned_end_date=contract.end + delay, **values)
    log.add(
        "project",
        at(closed, 16),
        status="closed",
        planned_end_date=contract.end + delay,
        actual_end_date=course.closes,
        **values,
    )
    _record_tasks(course, log, closed)
    _record_budgets(course, log)
    _record_changes(course, log)
    final = contract.total + sum(change.value for change in course.changes if change.reflected)
    end = max(contract.end, course.closes)
    log.add(
        "contract",
        at(closed + 40, 16),
        **contract_values(contract, closed, total=final, end=end),
        signed_on=contract.signed,
        status="closed",
    )


def project_values(contract: Contract, people: People) -> Row:
    """Return a project's columns that do not change over its life."""
    deal = contract.deal
    return {
        "project_id": contract.project_id,
        "name": f"{deal.service} {contract.project_id}",
        "account_id": contract.account_id,
        "contract_id": contract.id,
        "opportunity_id": deal.id,
        "legal_entity_id": words.LEGAL_ENTITIES[deal.entity],
        "practice": words.PRACTICES[deal.practice],
        "region": words.REGIONS[deal.entity],
        "project_type": deal.service,
        "billing_method": words.BILLING_METHODS[deal.method],
        "manager_id": people.ids[contract.manager],
        "currency": contract.currency,
        "start_date": contract.start,
    }


TASK_NAMES = ("Discovery", "Design", "Build", "Rollout")


def task_id(contract: Contract, line: int, task: int) -> str:
    """Return the id of a task; the last task of a line is internal coordination and not billable."""
    return f"{contract.project_id}-T{line * 10 + task + 1:02d}"


def _record_tasks(course: Course, log: VersionLog, closed: int) -> None:
    contract = course.contract
    for position, line in enumerate(contract.lines):
        for number, name in enumerate((*TASK_NAMES, "Coordination")):
            billable = name != "Coordination"
            values: Row = {
                "task_id": task_id(contract, position, number),
                "project_id": contract.project_id,
                "contract_line_id": line.id,
                "name": name,
                "planned_hours": round(contract.deal.hours * line.share * (0.24 if billable else 0.04), 1),
                "billable": billable,
            }
            log.add("task", at(contract.signed + 1, 10), status="open", **values)
            log.add("task", at(closed, 17), status="closed", **values)


def _record_budgets(course: Course, log: VersionLog) -> None:
    contract = course.contract
    cost, revenue, hours, end = course.plan_cost, contract.total, course.plan_hours, contract.end
    version = 1

    def add(stamp: int, reason: str) -> None:
        log.add(
            "project_budget",
            stamp,
            budget_id=f"{contract.project_id}-B{version}",
            project_id=contract.project_id,
            version=version,
            approved_on=stamp // 86_400,
            budget_cost=round(cost, 2),
            budget_revenue=round(revenue, 2),
            budget_hours=round(hours, 1),
            currency=contract.currency,
            planned_end_date=end,
            reason=reason,
        )

    add(at(contract.signed + 2, 12), "initial baseline")
    for change in course.changes:
        if change.status == "approved":
            version += 1
            cost, revenue, hours, end = (
                cost + change.cost,
                revenue + change.value,
                hours + change.hours,
                end + change.delay,
            )
            add(at(change.decided + 2, 12), f"change order {change.id}")


def _record_changes(course: Course, log: VersionLog) -> None:
    contract = course.contract
    line = contract.lines[contract.change_line]
    total, end = contract.total, contract.end
    for change in course.changes:
        values: Row = {
            "change_order_id": change.id,
            "project_id": contract.project_id,
            "contract_id": contract.id,
            "contract_line_id": line.id,
            "title": f"Change {change.id[-2:]} of {contract.project_id}",
            "reason": ("scope added", "client delay", "new regulation")[int(change.hours) % 3],
            "value_change": change.value,
            "cost_change": change.cost,
            "hours_change": change.hours,
            "currency": contract.currency,
            "schedule_change_days": change.delay,
            "new_end_date": contract.end + change.delay if change.delay else None,
            "requested_on": change.requested,
        }
        log.add("change_order", at(change.requested, 11), status="draft", **values)
        log.add("change_order", at(change.submitted, 15), status="submitted", **values)
        outcome: Row = {}
        if change.status == "approved":
            outcome = {"approved_on": change.decided, "effective_date": change.decided}
        log.add("change_order", at(change.decided, 15.5), status=change.status, **values, **outcome)
        if change.reflected:
            total, end = total + change.value, max(end, contract.end + change.delay)
            reflected = at(change.reflected, 11) + 60 * int(change.id[-2:])
            log.add(
                "contract",
                reflected,
                **contract_values(contract, change.reflected, total=total, end=end),
                signed_on=contract.signed,
                status="active",
            )
            grown = line.amount + (total - contract.total)
            log.add("contract_line", reflected, **line_values(contract, line, amount=grown, end=end))
            _record_amendment(contract, change, end, log)


def _record_amendment(contract: Contract, change: Change, end: int, log: VersionLog) -> None:
    values: Row = {
        "amendment_id": change.id.replace("a0C", "a0M"),
        "contract_id": contract.id,
        "amendment_type": "term" if change.delay else "value",
        "value_change": change.value,
        "currency": contract.currency,
        "new_end_date": end,
        "effective_date": change.decided,
    }
    log.add("contract_amendment", at(change.decided, 17), status="draft", **values)
    log.add("contract_amendment", at(change.reflected, 10), status="signed", signed_on=change.reflected, **values)
