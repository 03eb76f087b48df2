"""The demo firm: runs the causal blocks in order and writes extracts, mappings and sealed truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from leadline.simulator import (
    absences,
    billing,
    clients,
    contracts,
    deals,
    delivery,
    disputes,
    emit,
    expenses,
    faults,
    people,
    receivables,
    reporting,
    schedules,
    staffing,
    timesheets,
)
from leadline.simulator.anomalies import plant_expense_anomalies, plant_time_anomalies
from leadline.simulator.days import at, day
from leadline.simulator.deal import Deal
from leadline.simulator.ledger_data import record_company, record_suppliers
from leadline.simulator.presets import Preset, preset
from leadline.simulator.streams import Streams
from leadline.simulator.truth import Truth, write_truth
from leadline.simulator.versions import STAMP, VersionLog

Progress = Callable[[str, float], None]
END_OF_DAY_HOUR = 23.99


@dataclass(frozen=True)
class SimulationReport:
    """What was written: where, as of which day, and how many versions of each entity (all cohorts together)."""

    size: str
    seed: int
    as_of: date
    out: Path
    rows: Mapping[str, int]
    reporting_currency: str = "USD"


@dataclass
class _Counter:
    rows: dict[str, int] = field(default_factory=dict)


def simulate(size: str, *, seed: int, out: Path, progress: Progress | None = None) -> SimulationReport:
    """Simulate the demo firm and write ``extracts``, ``mappings``, ``truth`` and ``simulation.json`` below ``out``.

    The same size and seed give the same bytes. Sizes: ``s``, ``m``, ``l``, and ``xs`` for tests.

    Raises:
        UsageError: there is no such size.
    """
    return simulate_preset(preset(size), seed=seed, out=out, progress=progress)


def simulate_preset(chosen: Preset, *, seed: int, out: Path, progress: Progress | None = None) -> SimulationReport:
    """Simulate a firm of any preset; see :func:`simulate`."""
    say = progress or (lambda _label, _share: None)
    counter = _Counter()
    for cohort in range(chosen.cohorts):
        _write_cohort(chosen, Streams(seed, cohort), out, counter, partial(_tell, say, cohort, chosen.cohorts))
    for system in emit.SYSTEMS:
        target = out / "mappings" / f"{system}.yml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(emit.mapping_text(system).encode())
    report = SimulationReport(chosen.name, seed, chosen.as_of, out, dict(sorted(counter.rows.items())))
    _write_report(report)
    say("done", 1.0)
    return report


def _write_cohort(chosen: Preset, streams: Streams, out: Path, counter: _Counter, step: Progress) -> None:
    """Run one cohort and write it; nothing of it stays in memory."""
    log, truth = _run_cohort(chosen, streams, step)
    step("writing extracts", 0.75)
    _write_extracts(chosen, log, out, streams.cohort, counter)
    write_truth(truth, out / "truth", streams.cohort)


def _tell(say: Progress, cohort: int, cohorts: int, label: str, share: float) -> None:
    say(label, (cohort + share) / cohorts)


def _run_cohort(chosen: Preset, streams: Streams, step: Progress) -> tuple[VersionLog, Truth]:
    """Run the causal chain of one cohort: latents, deals, contracts, delivery, work, billing, cash."""
    log = VersionLog()
    if streams.cohort == 0:
        record_company(chosen, streams, log)
        staffing.record_skills(log, chosen)
        absences.record_holidays(log, chosen)
    step("people and clients", 0.02)
    staff = people.make_people(chosen, streams)
    absences.record_people(staff, log, chosen, streams)
    customers = clients.make_clients(chosen, staff, streams)
    duplicates = clients.record_clients(customers, staff, log, preset=chosen, streams=streams)
    step("deals", 0.05)
    pipeline = deals.make_deals(chosen, staff, customers, streams, log)
    signed = contracts.make_contracts(pipeline, chosen, staff, customers, streams)
    step("staffing and delivery", 0.15)
    desk = staffing.open_desk(chosen, staff, streams, log)
    courses = _deliver(desk, customers, pipeline, signed, streams, log)
    supplier_cost = record_suppliers(courses, streams, log)
    step("time and expenses", 0.3)
    attendance = absences.make_attendance(chosen, staff, streams, log, weeks=desk.free.shape[1], first=desk.first_week)
    work = plant_time_anomalies(
        timesheets.make_work(chosen, staff, courses, attendance, streams), courses, attendance, streams
    )
    spend = plant_expense_anomalies(expenses.make_spend(chosen, staff, work, streams), streams)
    cost = reporting.weekly_cost(work, staff, courses, attendance)
    reporting.record_reports(chosen, staff, courses, cost, attendance, streams, log)
    step("billing", 0.5)
    planner = partial(_plan, chosen, staff, courses, streams, log)
    ledger = billing.bill(chosen, courses, work, spend, planner, streams, log)
    why = disputes.grounds(receivables.sent(ledger), courses, chosen, streams)
    fates = receivables.settle(ledger, why, customers, streams, log)
    log.add_frame("invoice_line", receivables.line_versions(ledger, why, staff))
    log.add_frame(
        "time_entry", timesheets.time_versions(work, staff, courses, ledger.time_billed_at, ledger.time_billed_on)
    )
    log.add_frame(
        "expense", expenses.expense_versions(spend, staff, courses, ledger.spend_billed_at, ledger.spend_billed_on)
    )
    step("integration log", 0.65)
    faults.record_messages(log, streams, until=_end(chosen))
    truth = Truth(
        chosen,
        streams,
        staff,
        customers,
        duplicates,
        pipeline,
        courses,
        desk.truth,
        work,
        spend,
        ledger,
        why,
        fates,
        cost,
        supplier_cost,
    )
    return log, truth


def _plan(
    chosen: Preset,
    staff: people.People,
    courses: list[delivery.Course],
    streams: Streams,
    log: VersionLog,
    calendar: billing.Calendar,
    ledger: billing.Ledger,
    pending: billing.Pending,
) -> None:
    schedules.bill_plans(chosen, staff, courses, calendar, ledger, pending, streams, log)


def _deliver(
    desk: staffing.Desk,
    customers: clients.Clients,
    pipeline: list[Deal],
    signed: list[contracts.Contract],
    streams: Streams,
    log: VersionLog,
) -> list[delivery.Course]:
    """Staff and run projects in order of signature; soft bookings come when a deal reaches negotiation."""
    rng = streams.events("delivery records")
    by_deal = {contract.deal.number: contract for contract in signed}
    moments = [(deal.negotiation, 0, deal.number, deal) for deal in pipeline]
    moments += [(deal.closed, 1, deal.number, deal) for deal in pipeline if deal.number in by_deal]
    soft: dict[int, dict[int, staffing.Request]] = {}
    courses: list[delivery.Course] = []
    for _, kind, number, deal in sorted(moments, key=lambda moment: moment[:3]):
        if kind == 0:
            soft[number] = staffing.soft_book(desk, deal)
            contracts.record_failed_draft(deal, customers, log, rng)
            continue
        contract = by_deal[number]
        contracts.record_contract(contract, log)
        course = delivery.run_project(desk, contract, staffing.staff(desk, contract, soft.get(number, {})), streams)
        delivery.record_project(course, desk.people, log, rng=rng)
        courses.append(course)
    return courses


def _end(chosen: Preset) -> int:
    return at(day(chosen.as_of), END_OF_DAY_HOUR)


def drops(chosen: Preset) -> list[date]:
    """Return the days on which extracts are delivered: one backfill, then one drop a week until the end."""
    weeks = range(chosen.weekly_drops, -1, -1)
    return [chosen.as_of - timedelta(weeks=week) for week in weeks]


def _write_extracts(chosen: Preset, log: VersionLog, out: Path, cohort: int, counter: _Counter) -> None:
    """Cut every table into drops by the moment its versions were recorded; a few arrive a drop late."""
    days = drops(chosen)
    edges = np.array([at(day(when), END_OF_DAY_HOUR) for when in days], dtype=np.int64) * 1_000_000
    delivered = set(log.delivered())
    for shape in emit.shapes():
        if (shape.system, shape.entity) not in delivered:
            continue
        table = log.table(shape.system, shape.entity, until=_end(chosen))
        log.release(shape.system, shape.entity)
        counter.rows[shape.entity] = counter.rows.get(shape.entity, 0) + table.height
        stamps = table[STAMP].cast(pl.Int64).to_numpy()
        drop = np.searchsorted(edges, stamps, side="left")
        late = (stamps // 1_000_000) % 37 == 0
        drop = np.where((drop > 0) & late, np.minimum(drop + 1, len(days) - 1), drop)
        for number, when in enumerate(days):
            part = table.filter(pl.Series(drop == number))
            if part.height:
                emit.write_drop(shape, part, folder=out / "extracts" / when.isoformat(), part=cohort + 1)


def _write_report(report: SimulationReport) -> None:
    text = {
        "as_of": report.as_of.isoformat(),
        "reporting_currency": report.reporting_currency,
        "rows": dict(report.rows),
        "seed": report.seed,
        "size": report.size,
    }
    (report.out / "simulation.json").write_bytes((json.dumps(text, indent=2, sort_keys=True) + "\n").encode())
