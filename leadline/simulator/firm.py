"""The demo firm: runs the causal blocks in order and writes extracts, mappings and sealed truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from leadline.simulator import (
    absences,
    billing,
    calendars,
    clients,
    contracts,
    data_faults,
    deals,
    delivery,
    disputes,
    emit,
    expenses,
    faults,
    offices,
    people,
    profiles,
    receivables,
    reporting,
    schedules,
    staffing,
    timesheets,
)
from leadline.simulator.book_edits import Books
from leadline.simulator.book_faults import plant_book_faults
from leadline.simulator.deal import Deal
from leadline.simulator.expense_anomalies import plant_expense_anomalies
from leadline.simulator.extracts import end_of, write_extracts
from leadline.simulator.ledger_data import record_company, record_suppliers
from leadline.simulator.presets import USUAL, Preset, preset
from leadline.simulator.streams import Streams
from leadline.simulator.time_anomalies import plant_time_anomalies
from leadline.simulator.truth import Truth, write_truth
from leadline.simulator.versions import VersionLog

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class SimulationReport:
    """What was written: where, as of which day, and how many versions of each entity (all cohorts together).

    ``integration_profile`` is the setting of the warehouse that suits the firm.
    """

    size: str
    profile: str
    integration_profile: str
    seed: int
    draw: int
    as_of: date
    out: Path
    rows: Mapping[str, int]
    reporting_currency: str = "USD"
    books: str = USUAL


def simulate(
    size: str,
    *,
    seed: int,
    out: Path,
    profile: str = profiles.CONSULTING.name,
    books: str = USUAL,
    draw: int = 0,
    progress: Progress | None = None,
) -> SimulationReport:
    """Simulate the demo firm and write ``extracts``, ``mappings``, ``truth`` and ``simulation.json`` below ``out``.

    The same size, profile, seed and draw give the same bytes; another draw keeps people, clients and deals on offer and
    redraws what happens to them. Sizes: ``s``, ``m``, ``l``, and ``xs`` for tests. ``books``: ``usual`` with the
    slips of the profile, ``clean`` without any, ``faulty`` clean but for the faults listed in the truth.

    Raises:
        UsageError: there is no such size, profile or way of keeping books.
    """
    chosen = preset(size, profiles.profile(profile), books)
    return simulate_preset(chosen, seed=seed, out=out, draw=draw, progress=progress)


def simulate_preset(
    chosen: Preset, *, seed: int, out: Path, draw: int = 0, progress: Progress | None = None
) -> SimulationReport:
    """Simulate a firm of any preset; see :func:`simulate`."""
    say = progress or (lambda _label, _share: None)
    rows: dict[str, int] = {}
    for cohort in range(chosen.cohorts):
        step = partial(_tell, say, cohort, chosen.cohorts)
        for name, count in _write_cohort(chosen, Streams(seed, cohort, draw), out, step).items():
            rows[name] = rows.get(name, 0) + count
    for system in emit.SYSTEMS:
        if system != offices.SECOND or chosen.profile.second_office:
            target = out / "mappings" / f"{system}.yml"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(emit.mapping_text(system).encode())
    report = _report(chosen, seed, draw, out, rows)
    _write_report(report)
    say("done", 1.0)
    return report


def seal(size: str, *, seed: int, out: Path, profile: str = profiles.CONSULTING.name, draw: int = 0) -> Path:
    """Write a firm's sealed truth and ``simulation.json`` without its extracts; for measuring, in half the time."""
    chosen = preset(size, profiles.profile(profile))
    for cohort in range(chosen.cohorts):
        _, truth = _run_cohort(chosen, Streams(seed, cohort, draw), lambda _label, _share: None)
        write_truth(truth, out / "truth", cohort)
    _write_report(_report(chosen, seed, draw, out, {}))
    return out


def _report(chosen: Preset, seed: int, draw: int, out: Path, rows: Mapping[str, int]) -> SimulationReport:
    return SimulationReport(
        size=chosen.name,
        profile=chosen.profile.name,
        integration_profile=chosen.profile.integration,
        seed=seed,
        draw=draw,
        as_of=chosen.as_of,
        out=out,
        rows=dict(sorted(rows.items())),
        books=chosen.books,
    )


def _write_cohort(chosen: Preset, streams: Streams, out: Path, step: Progress) -> dict[str, int]:
    """Run one cohort and write it; nothing of it stays in memory."""
    log, truth = _run_cohort(chosen, streams, step)
    step("sealing the truth", 0.7)
    write_truth(truth, out / "truth", streams.cohort)
    del truth
    step("writing extracts", 0.85)
    return write_extracts(chosen, log, out, streams.cohort)


def _tell(say: Progress, cohort: int, cohorts: int, label: str, share: float) -> None:
    say(label, (cohort + share) / cohorts)


def _run_cohort(chosen: Preset, streams: Streams, step: Progress) -> tuple[VersionLog, Truth]:
    """Run the causal chain of one cohort: latents, deals, contracts, delivery, work, billing, cash."""
    log = VersionLog()
    if streams.cohort == 0:
        _record_firm(chosen, streams, log)
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
    work = timesheets.make_work(chosen, staff, courses, attendance, streams)
    work = plant_time_anomalies(work, staff, courses, attendance, streams)
    spend = expenses.make_spend(chosen, staff, work, streams)
    spend = plant_expense_anomalies(spend, staff, courses, streams)
    cost = reporting.weekly_cost(work, staff, courses, attendance)
    reporting.record_reports(chosen, staff, courses, cost, attendance, streams, log)
    step("billing", 0.5)
    planner = partial(_plan, chosen, staff, courses, streams, log)
    ledger = billing.bill(chosen, courses, work, spend, planner, streams, log)
    why = disputes.grounds(receivables.sent(ledger), courses, chosen, streams)
    fates = receivables.settle(ledger, why, customers, streams, log)
    log.add_frame("invoice_line", receivables.line_versions(ledger, why, staff))
    _record_lines(log, work, spend, ledger, staff, courses)
    step("integration log", 0.65)
    planted = data_faults.plant_data_faults(chosen, staff, customers, courses, log, streams)
    bought = offices.split_front_offices(chosen, customers, pipeline, log, streams)
    miskept = plant_book_faults(Books(chosen, staff, customers, courses, work, ledger, fates, log, streams))
    faults.record_messages(log, streams, until=end_of(chosen))
    truth = Truth(
        preset=chosen,
        streams=streams,
        people=staff,
        clients=customers,
        duplicates=duplicates,
        deals=pipeline,
        courses=courses,
        requests=desk.truth,
        work=work,
        spend=spend,
        ledger=ledger,
        why=why,
        fates=fates,
        cost=cost,
        supplier_cost=supplier_cost,
        attendance=attendance,
        data_faults=planted,
        book_faults=miskept,
        second_office=bought,
    )
    return log, truth


def _record_firm(chosen: Preset, streams: Streams, log: VersionLog) -> None:
    """Record what all cohorts share: legal entities and currencies, skills, holidays."""
    record_company(chosen, streams, log)
    staffing.record_skills(log, chosen)
    absences.record_holidays(log, chosen)


def _record_lines(
    log: VersionLog,
    work: timesheets.Work,
    spend: expenses.Spend,
    ledger: billing.Ledger,
    staff: people.People,
    courses: list[delivery.Course],
) -> None:
    """Record time entries, in pieces made when they are written, and expenses."""
    for piece in timesheets.slices(work):
        billed = ledger.time_billed_at[piece], ledger.time_billed_on[piece]
        part = timesheets.part_of(work, piece)
        log.add_later("time_entry", partial(timesheets.time_versions, part, staff, courses, *billed))
    versions = expenses.expense_versions(spend, staff, courses, ledger.spend_billed_at, ledger.spend_billed_on)
    log.add_frame("expense", versions)


def _plan(
    chosen: Preset,
    staff: people.People,
    courses: list[delivery.Course],
    streams: Streams,
    log: VersionLog,
    calendar: calendars.Calendar,
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


def _write_report(report: SimulationReport) -> None:
    text = {
        "as_of": report.as_of.isoformat(),
        "books": report.books,
        "draw": report.draw,
        "integration_profile": report.integration_profile,
        "profile": report.profile,
        "reporting_currency": report.reporting_currency,
        "rows": dict(report.rows),
        "seed": report.seed,
        "size": report.size,
    }
    (report.out / "simulation.json").write_bytes((json.dumps(text, indent=2, sort_keys=True) + "\n").encode())
