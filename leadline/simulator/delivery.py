"""Delivery: how far each project really runs over, when that shows, and the changes its client approves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.contracts import RECURRING, Contract, contract_values, line_values
from leadline.simulator.days import at
from leadline.simulator.handoffs import defect_chance
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.project_traits import USUAL_TEAM, ProjectTraits, Surroundings, draw_traits
from leadline.simulator.staffing import RATING_ERROR, Booking, Desk
from leadline.simulator.streams import Streams
from leadline.simulator.versions import Row, VersionLog

# Share of change orders the client approves, rejects, and lets drop; days until it decides; how often work it did not
# approve is done all the same.
DECISIONS, DECIDING_DAYS, DONE_ANYWAY = (0.58, 0.24, 0.18), (10, 46), 0.4
# How much of an overrun lengthens a project; the rest is worked off by longer weeks.
LENGTHENS = 0.20
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
    """How one project truly goes. ``ratio`` multiplies the planned hours, approved changes left out.

    ``closes`` is the true last day, whether or not it lies after the end of the simulation; from day ``surfaces`` on an
    overrun's tail shows. ``early`` and ``late`` scale the booked weekly hours before and after that day. ``creep`` is
    work the client asked for and no one priced, as a share of the planned hours.
    """

    contract: Contract
    traits: ProjectTraits
    begins: int
    closes: int
    surfaces: int
    ratio: float
    early: float
    late: float
    creep: float
    bookings: list[Booking]
    changes: list[Change] = field(default_factory=list)
    plan_cost: float = 0.0
    plan_hours: float = 0.0

    @property
    def phasing(self) -> float:
        return self.traits.phasing

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


def run_project(desk: Desk, contract: Contract, bookings: list[Booking], streams: Streams) -> Course:
    """Draw a project's nature, then its course, and keep its people busy for as long as it lasts."""
    team = float(np.mean([booking.fit for booking in bookings])) if bookings else USUAL_TEAM
    number, optimism = contract.deal.number, manager_optimism(contract, desk.people)
    effects, luck = streams.rng(f"nature of deal {number}"), streams.events(f"course of deal {number}")
    drawn = draw_traits(surroundings(contract, desk.people, team), optimism, effects)
    course = draw_course(contract, drawn, desk.preset, luck)
    course.bookings = bookings
    course.plan_hours = sum(booking.hours * max(booking.end - booking.start, 7) / 7 for booking in bookings)
    course.plan_cost = round(sum(_booking_cost(booking, contract) for booking in bookings), 2)
    _extend(desk, course)
    return course


def surroundings(contract: Contract, people: People, team: float) -> Surroundings:
    """Return what the nature of a contract's project hangs on."""
    deal = contract.deal
    return Surroundings(
        float(people.quality[contract.manager]), float(people.optimism[deal.seller]), team, deal.discount
    )


def manager_optimism(contract: Contract, people: People) -> float:
    """Return how far a contract's project manager sees things too bright, in deviations."""
    return float(people.optimism[contract.manager])


def draw_course(contract: Contract, drawn: ProjectTraits, preset: Preset, luck: np.random.Generator) -> Course:
    """Draw what happens to a project of a given nature: its changes, its length and its pace. It has no people yet."""
    sound = preset.profile.hand_off.sound
    changes = _changes(contract, preset, luck)
    if sound and contract.lines[contract.change_line].method in RECURRING:
        changes = [replace(one, delay=0) for one in changes]
    anyway = sum(change.hours for change in changes if change.status != "approved" and luck.random() < DONE_ANYWAY)
    creep = drawn.creep + anyway / contract.deal.hours
    ratio = drawn.ratio + anyway / contract.deal.hours
    ratio_all = ratio + sum(change.hours for change in changes if change.status == "approved") / contract.deal.hours
    begins = contract.start + drawn.delay
    planned = contract.end - begins
    length = int(planned * np.clip(1 + LENGTHENS * (ratio_all - 1) + drawn.slack, 0.85, 1.8))
    surfaces = begins + int(planned * drawn.surfaces * min(1.0, length / planned))
    early = drawn.haste * float(np.exp(0.5 * drawn.body))
    left = ratio_all * planned - early * (surfaces - begins)
    _settle_changes(changes, begins + length, sound=sound)
    late = float(np.clip(left / max(begins + length - surfaces, 7), 0.35, 2.4))
    return Course(contract, drawn, begins, begins + length, surfaces, ratio, early, late, creep, [], changes)


def _settle_changes(changes: list[Change], closes: int, *, sound: bool) -> None:
    """Drop changes that would reach billing after the end of the work; soundly, they do by then, one by one."""
    last = 0
    for change in changes:
        if sound and change.reflected and change.decided > closes:
            change.status, change.reflected = "rejected", 0
        elif sound and change.reflected:
            last = change.reflected = max(min(change.reflected, closes), change.decided + 1, last + 1)
        elif change.reflected > closes:
            change.reflected = 0


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
                believed = int(planned_end + course.traits.slip_insight * (course.closes - planned_end))
                desk.log.add("assignment", at(course.surfaces + 12, 13), status="active", end_date=believed, **values)
            booking.end = min(max(course.closes, booking.start + 3), leaves)
            first, last = desk.week(contract.end), desk.week(booking.end)
            desk.free[booking.person, first + 1 : last + 1] -= booking.hours * course.late
        desk.log.add("assignment", at(booking.end + 1, 9), status="ended", end_date=booking.end, **values)
        _rate_outcome(desk, booking)


def _rate_outcome(desk: Desk, booking: Booking) -> None:
    """The project manager rates what was delivered: true fit seen through noise, some never rated."""
    if desk.rng.random() < 0.82:
        score = float(np.log(booking.fit / (1 - booking.fit)) + desk.rng.normal(0, RATING_ERROR))
        rated = booking.end + int(desk.rng.integers(4, 20))
        desk.ratings.setdefault(booking.person, []).append((rated, score - booking.expected))
        rating = round(1 / (1 + float(np.exp(-score))), 2)
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
        decided = requested + int(rng.integers(*DECIDING_DAYS))
        hours = round(max(contract.deal.hours * rng.gamma(1.6, 0.035), 4.0))
        status = str(rng.choice(["approved", "rejected", "cancelled"], p=DECISIONS))
        price = contract.rate(2, requested) * float(rng.uniform(0.8, 1.05))
        absent = rng.random() < defect_chance(preset.profile.hand_off.change, contract.care, serial)
        lag = int(rng.integers(35, 120) if rng.random() < preset.profile.hand_off.late_change else rng.integers(2, 15))
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
                reflected=decided + lag if status == "approved" and not absent else 0,
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
        "region": words.REGIONS[deal.region],
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
