"""Planned billing: instalments, recurring fees, milestones and percent complete, with the plans that get lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.simulator.billing import InvoiceLine, Ledger, Pending
from leadline.simulator.calendars import RUN_HOUR, Calendar
from leadline.simulator.contracts import FIXED, MILESTONE, PERCENT, RECURRING, TM, Contract, Line, months_between
from leadline.simulator.days import at, day
from leadline.simulator.delivery import Change, Course
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.reporting import believed_percent
from leadline.simulator.streams import Streams
from leadline.simulator.versions import Row, VersionLog


@dataclass
class Plans:
    """What planning one contract's bills needs."""

    preset: Preset
    people: People
    calendar: Calendar
    ledger: Ledger
    pending: Pending
    rng: np.random.Generator
    log: VersionLog

    def put(
        self,
        course: Course,
        position: int,
        kind: str,
        run: int,
        span: tuple[int, int],
        amount: float,
        change: str | None = None,
    ) -> str:
        """Put one fixed amount on the contract's invoice of a run; return the provisional id of the line."""
        queue = self.pending.setdefault((course.contract.index, run), [])
        key = f"{course.contract.index}:{run}:{len(queue)}"
        queue.append(
            InvoiceLine(
                key,
                position,
                kind,
                None,
                -1,
                span[0],
                span[1],
                1.0,
                amount,
                amount,
                change,
                late_days=max(run - span[1] - 45, 0),
            )
        )
        return key


def bill_plans(
    preset: Preset,
    people: People,
    courses: list[Course],
    calendar: Calendar,
    ledger: Ledger,
    pending: Pending,
    streams: Streams,
    log: VersionLog,
) -> None:
    """Plan and bill every line that is not billed by the hour, and every change order that reaches billing."""
    plans = Plans(preset, people, calendar, ledger, pending, streams.rng("plans"), log)
    for course in courses:
        for position, line in enumerate(course.contract.lines):
            _bill_line(plans, course, position, line)
            _revenue(plans, course, line)
            _note_unpriced_scope(plans, course, line)
        target = course.contract.change_line
        by_plan = course.contract.lines[target].method != TM
        for change in course.changes:
            if by_plan and change.status == "approved":
                _bill_change(plans, course, target, change)


def _bill_line(plans: Plans, course: Course, position: int, line: Line) -> None:
    if line.method == FIXED:
        _instalments(plans, course, position, line)
    elif line.method in RECURRING:
        _recurring(plans, course, position, line)
    elif line.method == MILESTONE:
        _milestones(plans, course, position, line)
    elif line.method == PERCENT:
        _percent_complete(plans, course, position, line)


def _plan(
    plans: Plans,
    contract: Contract,
    line: Line,
    name: str,
    span: tuple[int, int],
    due: int,
    amount: float,
    *,
    stamp: int,
    change: str | None = None,
    milestone: str | None = None,
) -> Row:
    values: Row = {
        "schedule_id": f"{line.id}-{name}",
        "contract_id": contract.id,
        "contract_line_id": line.id,
        "change_order_id": change,
        "milestone_id": milestone,
        "period_start": span[0],
        "period_end": max(span[1], span[0]),
        "due_date": due,
        "amount": amount,
        "currency": contract.currency,
    }
    plans.log.add("billing_schedule", stamp, status="planned", **values)
    return values


def _invoiced(plans: Plans, values: Row, run: int, key: str) -> None:
    plans.ledger.marks.append(("billing_schedule", at(run, RUN_HOUR), {**values, "status": "invoiced"}, key))


def _instalments(plans: Plans, course: Course, position: int, line: Line) -> None:
    contract = course.contract
    months = months_between(contract.start, contract.end)
    amount = round(line.amount / len(months), 2)
    for number, span in enumerate(months, start=1):
        part = amount if number < len(months) else round(line.amount - amount * (len(months) - 1), 2)
        values = _plan(plans, contract, line, f"F{number:02d}", span, span[1], part, stamp=at(contract.signed, 17.2))
        run = plans.calendar.run_for(span[1])
        _invoiced(plans, values, run, plans.put(course, position, "fixed", run, span, part))


def _recurring(plans: Plans, course: Course, position: int, line: Line) -> None:
    """Bill a monthly fee; some months are missed or short, and some escalators are overlooked."""
    contract, rng = course.contract, plans.rng
    hand_off = plans.preset.profile.hand_off
    short_contract = rng.random() < hand_off.short
    for number, span in enumerate(months_between(contract.start, contract.end), start=1):
        due = bool(contract.escalates_on and span[0] >= contract.escalates_on)
        fee = round(line.monthly * (1 + contract.escalator * due), 2)
        planned = line.monthly if contract.escalator_missed else fee
        values = _plan(
            plans, contract, line, f"M{number:02d}", span, span[0] + 1, planned, stamp=at(contract.signed, 17.2)
        )
        draw = rng.random()
        name = str(values["schedule_id"])
        if draw < hand_off.month:
            plans.ledger.leak("recurring_misbilled", contract, line, span[0], fee, name)
            continue
        billed = planned
        if short_contract and draw < 0.5:
            billed = round(planned * float(rng.uniform(0.8, 0.95)), 2)
            plans.ledger.leak("recurring_misbilled", contract, line, span[0], planned - billed, name)
        if planned < fee:
            plans.ledger.leak("missed_escalator", contract, line, span[0], fee - planned, name)
        run = plans.calendar.run_for(span[0] + 1)
        _invoiced(plans, values, run, plans.put(course, position, "recurring", run, span, billed))


def _milestones(plans: Plans, course: Course, position: int, line: Line) -> None:
    """Bill milestones once reached; some are reached and never billed, some late."""
    contract, rng = course.contract, plans.rng
    hand_off = plans.preset.profile.hand_off
    count = int(rng.integers(3, 7))
    shares = [*np.sort(rng.uniform(0.1, 0.97, count - 1)).tolist(), 1.0]
    amount = round(line.amount / count, 2)
    for number, share in enumerate(shares, start=1):
        part = amount if number < count else round(line.amount - amount * (count - 1), 2)
        planned = int(contract.start + share * (contract.end - contract.start))
        reached = course.day_at(share) + int(rng.integers(0, 8))
        identity = f"{line.id}-MS{number}"
        values: Row = {
            "milestone_id": identity,
            "project_id": contract.project_id,
            "contract_line_id": line.id,
            "name": f"Milestone {number}",
            "planned_date": planned,
            "amount": part,
            "currency": contract.currency,
        }
        plans.log.add("milestone", at(contract.signed, 17.1), status="planned", **values)
        plans.log.add("milestone", at(reached, 16), status="reached", reached_on=reached, **values)
        span = (contract.start if number == 1 else planned - 30, planned)
        bill = _plan(
            plans,
            contract,
            line,
            f"MS{number}",
            (min(span), max(span)),
            planned,
            part,
            stamp=at(contract.signed, 17.2),
            milestone=identity,
        )
        draw = rng.random()
        if draw < hand_off.milestone:
            plans.ledger.leak("milestone_not_invoiced", contract, line, reached, part, identity)
            continue
        run = plans.calendar.run_for(reached + (int(rng.integers(30, 90)) if draw < hand_off.late_milestone else 0))
        key = plans.put(course, position, "milestone", run, (reached, reached), part)
        _invoiced(plans, bill, run, key)
        plans.ledger.marks.append(
            ("milestone", at(run, RUN_HOUR), {**values, "status": "accepted", "reached_on": reached}, key)
        )


def _percent_complete(plans: Plans, course: Course, position: int, line: Line) -> None:
    """Bill the progress the project manager reports, month by month."""
    contract, billed = course.contract, 0.0
    optimism = float(plans.people.optimism[contract.manager])
    for number, span in enumerate(months_between(course.begins, course.closes), start=1):
        last = span[1] >= course.closes
        share = 1.0 if last else believed_percent(course, span[1], optimism)
        part = round(max(share * line.amount - billed, 0.0), 2)
        if part < 50:
            continue
        billed += part
        run = plans.calendar.run_for(span[1])
        values = _plan(plans, contract, line, f"P{number:02d}", span, span[1], part, stamp=at(run - 1, 15))
        _invoiced(plans, values, run, plans.put(course, position, "fixed", run, span, part))


def _bill_change(plans: Plans, course: Course, position: int, change: Change) -> None:
    contract = course.contract
    line = contract.lines[position]
    if not change.reflected:
        plans.ledger.leak("approved_change_not_scheduled", contract, line, change.decided, change.value, change.id)
        return
    span = (change.decided, max(contract.end, change.decided))
    due = change.reflected + 20
    values = _plan(
        plans,
        contract,
        line,
        f"CO{change.id[-2:]}",
        span,
        due,
        change.value,
        stamp=at(change.reflected, 11.5),
        change=change.id,
    )
    run = plans.calendar.run_for(due)
    _invoiced(
        plans, values, run, plans.put(course, position, "fixed", run, (change.decided, due), change.value, change.id)
    )


def _note_unpriced_scope(plans: Plans, course: Course, line: Line) -> None:
    """Note as leakage what the client got beyond the priced scope; by the hour it is billed, so nothing leaks."""
    if line.method == TM or not course.creep:
        return
    months = months_between(course.surfaces, course.closes)
    lost = course.creep * course.contract.deal.hours * line.share * course.contract.rate(1, course.contract.start)
    for start, _ in months:
        plans.ledger.leak(
            "unpriced_scope", course.contract, line, start, lost / len(months), course.contract.project_id
        )


def _revenue(plans: Plans, course: Course, line: Line) -> None:
    """Plan revenue straight-line over the contract; recognise each month three days after it ends."""
    contract = course.contract
    months = months_between(contract.start, contract.end)
    amount = round(line.amount / len(months), 2)
    method = {TM: "as_invoiced", FIXED: "over_time_cost", MILESTONE: "point_in_time", PERCENT: "over_time_cost"}.get(
        line.method, "straight_line"
    )
    limit = day(plans.preset.as_of)
    for number, (start, end) in enumerate(months, start=1):
        values: Row = {
            "revenue_id": f"{line.id}-V{number:02d}",
            "contract_id": contract.id,
            "contract_line_id": line.id,
            "period_start": start,
            "period_end": end,
            "amount": amount if number < len(months) else round(line.amount - amount * (len(months) - 1), 2),
            "currency": contract.currency,
            "method": method,
        }
        plans.log.add("revenue_schedule", at(contract.signed, 17.3), status="planned", **values)
        if end + 3 <= limit:
            optimism = float(plans.people.optimism[contract.manager])
            by_cost = method == "over_time_cost"
            shift = 0.9 + 0.2 * believed_percent(course, end, optimism) if by_cost else 1.0
            plans.log.add(
                "revenue_schedule",
                at(end + 3, 8),
                **{**values, "amount": round(float(str(values["amount"])) * shift, 2)},
                status="recognised",
            )
