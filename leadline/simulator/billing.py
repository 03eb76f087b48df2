"""Billing: monthly, half-monthly and weekly runs that turn work, plans and milestones into invoices, with leaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.calendars import RUN_HOUR, Calendar, calendars
from leadline.simulator.contracts import Contract, Line
from leadline.simulator.days import (
    DAY_SECONDS,
    Bools,
    Floats,
    Ints,
    as_date,
    at,
    month_start,
    workday_on_or_after,
)
from leadline.simulator.delivery import Course
from leadline.simulator.expenses import Spend
from leadline.simulator.handoffs import defect_chance
from leadline.simulator.presets import Preset
from leadline.simulator.profiles import HandOff
from leadline.simulator.streams import Streams
from leadline.simulator.timesheets import Work, billable_on_time
from leadline.simulator.versions import Row, VersionLog

COHORT_STRIDE = 1_000_000
# Share of the lines off the agreed price that are too dear.
TOO_DEAR = 0.375

Pending = dict[tuple[int, int], list["InvoiceLine"]]


@dataclass
class InvoiceLine:
    """One line, with the latent facts that make a client object to it. ``stamp`` is the run's moment."""

    id: str
    line: int
    kind: str
    role: str | None
    person: int
    start: int
    end: int
    quantity: float
    rate: float
    amount: float
    change: str | None = None
    overpriced: bool = False
    late_days: int = 0


@dataclass
class Invoice:
    """One invoice of one contract and billing run. ``issued`` is the day it goes to the client."""

    id: str
    number: str
    contract: Contract
    run: int
    issued: int
    lines: list[InvoiceLine]
    po_number: str | None
    amount: float = 0.0


@dataclass
class Ledger:
    """What billing produced: invoices, the entries and expenses they carry, and the leaks planted on the way."""

    invoices: list[Invoice] = field(default_factory=list)
    time_billed_at: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    time_billed_on: list[str | None] = field(default_factory=list)
    spend_billed_at: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    spend_billed_on: list[str | None] = field(default_factory=list)
    leaks: list[Row] = field(default_factory=list)
    marks: list[tuple[str, int, Row, str]] = field(default_factory=list)

    def leak(self, kind: str, contract: Contract, line: Line, when: int, amount: float, record: str) -> None:
        """Note a planted leak: class, place, month, amount lost in the contract's currency and the record concerned."""
        self.leaks.append(
            {
                "leak_class": kind,
                "contract_id": contract.id,
                "contract_line_id": line.id,
                "month": as_date(when).isoformat()[:7],
                "day": as_date(when),
                "amount": round(amount, 2),
                "currency": contract.currency,
                "record_id": record,
            }
        )


Planner = Callable[[Calendar, Ledger, Pending], None]


def bill(
    preset: Preset, courses: list[Course], work: Work, spend: Spend, plan: Planner, streams: Streams, log: VersionLog
) -> Ledger:
    """Run billing over the firm's whole history.

    ``plan`` adds what is billed by plan to the pending lines; the plans it marks are recorded as invoiced.
    """
    rng = streams.rng("billing")
    ledger = Ledger(
        time_billed_at=np.zeros(len(work), dtype=np.int64),
        time_billed_on=[None] * len(work),
        spend_billed_at=np.zeros(len(spend), dtype=np.int64),
        spend_billed_on=[None] * len(spend),
    )
    runs = calendars(preset)
    pending: Pending = {}
    _bill_time(courses, work, runs, ledger, pending, preset.profile.hand_off, rng)
    _bill_expenses(courses, spend, runs, ledger, pending, preset.profile.hand_off.expense, rng)
    plan(runs["month"], ledger, pending)
    _draw_up(courses, pending, ledger, streams, rng)
    for entity, stamp, values, key in ledger.marks:
        log.add(entity, stamp, **values, invoice_line_id=key)
    return ledger


def _bill_time(
    courses: list[Course],
    work: Work,
    runs: dict[str, Calendar],
    ledger: Ledger,
    pending: Pending,
    hand_off: HandOff,
    rng: np.random.Generator,
) -> None:
    """Group approved hours by contract, run, line, role, person and month; forget some for good."""
    due = billable_on_time(work, courses)
    late = work.submitted // DAY_SECONDS - work.day > 14
    forgotten = due & (rng.random(len(work)) < np.where(late, hand_off.late_time, hand_off.time))
    forgotten |= due & _forgotten_weeks(work, hand_off.week, rng)
    chosen = np.flatnonzero(due & ~forgotten)
    cycles = np.array([list(runs).index(course.contract.cycle) for course in courses], dtype=np.int64)
    run = np.zeros(len(work), dtype=np.int64)
    for number, calendar in enumerate(runs.values()):
        mine = chosen[cycles[work.project[chosen]] == number]
        run[mine] = calendar.runs[calendar.index(work.day[mine], work.approved[mine])]
    _note_forgotten(courses, work, np.flatnonzero(forgotten), ledger)
    month = np.array([month_start(int(d)) for d in range(int(work.day.min()), int(work.day.max()) + 1)])[
        work.day - work.day.min()
    ]
    frame = pl.DataFrame(
        {
            "entry": chosen,
            "project": work.project[chosen],
            "run": run[chosen],
            "line": work.line[chosen],
            "role": work.role[chosen],
            "person": work.person[chosen],
            "month": month[chosen],
            "day": work.day[chosen],
            "hours": work.hours[chosen],
        }
    )
    keys = ["project", "run", "line", "role", "person", "month"]
    groups = (
        frame.group_by(keys)
        .agg(
            pl.col("entry"), pl.col("hours").sum(), pl.col("day").min().alias("start"), pl.col("day").max().alias("end")
        )
        .sort(keys)
    )
    _time_lines(courses, groups, ledger, pending, hand_off.rate, rng)


def _forgotten_weeks(work: Work, chance: float, rng: np.random.Generator) -> Bools:
    """Now and then a person's whole week on a project never reaches billing."""
    key = (work.person * 10_000 + np.maximum(work.project, 0)) * 1_000 + (work.day // 7) % 1_000
    _, number = np.unique(key, return_inverse=True)
    drawn: Bools = rng.random(int(number.max()) + 1 if len(number) else 0) < chance
    return drawn[number]


def _note_forgotten(courses: list[Course], work: Work, forgotten: Ints, ledger: Ledger) -> None:
    for entry in forgotten:
        contract = courses[int(work.project[entry])].contract
        rate = contract.rate(int(work.role[entry]), int(work.day[entry]))
        line = contract.lines[int(work.line[entry])]
        ledger.leak(
            "unbilled_time",
            contract,
            line,
            int(work.day[entry]),
            float(work.hours[entry]) * rate,
            f"TE{int(work.ids[entry]):09d}",
        )


def _time_lines(
    courses: list[Course],
    groups: pl.DataFrame,
    ledger: Ledger,
    pending: Pending,
    wrong_rate: float,
    rng: np.random.Generator,
) -> None:
    """Price the groups, cap them at the not-to-exceed value, and mark their entries billed."""
    used: dict[tuple[int, int], float] = {}
    ordered = groups.sort(["run", "project", "line", "person", "role", "month"])
    cut = _price_errors(courses, ordered["project"].to_numpy(), wrong_rate, rng)
    for position, row in enumerate(ordered.iter_rows(named=True)):
        contract = courses[row["project"]].contract
        line = contract.lines[row["line"]]
        agreed = contract.rate(row["role"], row["month"])
        charged = contract.rates[row["role"]] if contract.escalator_missed else agreed
        quantity = round(row["hours"], 2)
        if charged < agreed:
            ledger.leak(
                "missed_escalator",
                contract,
                line,
                row["month"],
                quantity * (agreed - charged),
                f"{contract.id}:{words.ROLES[row['role']]}",
            )
        item = InvoiceLine(
            id="",
            line=row["line"],
            kind="time",
            role=words.ROLES[row["role"]],
            person=row["person"],
            start=row["start"],
            end=row["end"],
            quantity=quantity,
            rate=round(charged * (1 - float(cut[position])), 2),
            amount=0.0,
            overpriced=bool(cut[position] < 0),
            late_days=max(row["run"] - row["month"] - 45, 0),
        )
        item.amount = round(item.quantity * item.rate, 2)
        queue = pending.setdefault((row["project"], row["run"]), [])
        item.id = f"{row['project']}:{row['run']}:{len(queue)}"
        if cut[position] > 0:
            ledger.leak("rate_below_contract", contract, line, row["month"], quantity * charged - item.amount, item.id)
        queue.append(item)
        for entry in row["entry"]:
            ledger.time_billed_at[entry] = at(row["run"], RUN_HOUR)
            ledger.time_billed_on[entry] = item.id
        if line.cap:
            _apply_cap(courses[row["project"]], row, item, used, queue, ledger)


def _price_errors(courses: list[Course], project: Ints, base: float, rng: np.random.Generator) -> Floats:
    """Return by what share each line is priced below the contract by mistake; negative: above it."""
    care = np.array([course.contract.care for course in courses])
    asettled = np.array([sum(change.reflected > 0 for change in course.changes) for course in courses])
    chance = defect_chance(base, care, asettled)[project]
    wrong, dear = rng.random(len(project)) < chance, rng.random(len(project)) < TOO_DEAR
    size = rng.uniform(0.05, 0.2, len(project))
    return np.asarray(np.where(wrong, np.where(dear, -size, size), 0.0))


def _apply_cap(
    course: Course,
    row: dict[str, int],
    item: InvoiceLine,
    used: dict[tuple[int, int], float],
    queue: list[InvoiceLine],
    ledger: Ledger,
) -> None:
    """Write off what exceeds the line's cap; reflected change orders have raised it."""
    contract, key = course.contract, (row["project"], row["line"])
    line = contract.lines[row["line"]]
    raised = (
        sum(change.value for change in course.changes if change.reflected and change.reflected <= row["run"])
        if row["line"] == contract.change_line
        else 0.0
    )
    before = used.get(key, 0.0)
    used[key] = before + item.amount
    over = round(min(item.amount, max(before + item.amount - line.cap - raised, 0.0)), 2)
    if over <= 0:
        return
    used[key] -= over
    credit = InvoiceLine(
        f"{row['project']}:{row['run']}:{len(queue)}",
        row["line"],
        "adjustment",
        None,
        -1,
        item.start,
        item.end,
        1.0,
        -over,
        -over,
    )
    queue.append(credit)
    ledger.leak("nte_overrun_absorbed", contract, line, item.end, over, credit.id)


def _bill_expenses(
    courses: list[Course],
    spend: Spend,
    runs: dict[str, Calendar],
    ledger: Ledger,
    pending: Pending,
    lost: float,
    rng: np.random.Generator,
) -> None:
    """Pass approved billable expenses on; forget some for good."""
    forgotten = rng.random(len(spend)) < lost
    due = spend.billable & (spend.approved > 0) & (spend.rejected == 0) & (spend.project >= 0)
    for entry in np.flatnonzero(due):
        project = int(spend.project[entry])
        contract = courses[project].contract
        line = contract.lines[0]
        amount = spend.amount_in(int(entry), contract.entity)
        if forgotten[entry]:
            ledger.leak("unbilled_expense", contract, line, int(spend.day[entry]), amount, spend.id(int(entry)))
            continue
        calendar = runs["month"]
        index = calendar.index(spend.day[entry : entry + 1], spend.approved[entry : entry + 1])
        run = int(calendar.runs[index[0]])
        queue = pending.setdefault((project, run), [])
        when = int(spend.day[entry])
        item = InvoiceLine(
            f"{project}:{run}:{len(queue)}",
            0,
            "expense",
            None,
            int(spend.person[entry]),
            when,
            when,
            1.0,
            amount,
            amount,
        )
        queue.append(item)
        ledger.spend_billed_at[entry] = at(run, RUN_HOUR)
        ledger.spend_billed_on[entry] = item.id


def _draw_up(
    courses: list[Course], pending: Pending, ledger: Ledger, streams: Streams, rng: np.random.Generator
) -> None:
    """Make one invoice per contract and run, number it per legal entity, and give its lines their final ids."""
    base = streams.cohort * COHORT_STRIDE
    counters: dict[tuple[int, int], int] = {}
    final: dict[str, str] = {}
    ordered = sorted((run, project) for project, run in pending)
    for serial, (run, project) in enumerate(ordered, start=1):
        contract = courses[project].contract
        lines = pending[(project, run)]
        amount = round(sum(line.amount for line in lines), 2)
        invoice_id = f"D{base + serial:08d}"
        for position, line in enumerate(lines, start=1):
            final[line.id] = f"{invoice_id}-{position:03d}"
            line.id = final[line.id]
        year = as_date(run).year
        number = counters[(contract.entity, year)] = counters.get((contract.entity, year), base) + 1
        order = contract.po_number if run >= contract.po_missing_until else None
        issued = workday_on_or_after(run + int(rng.integers(1, 6)))
        ledger.invoices.append(Invoice(invoice_id, f"{year}-{number:06d}", contract, run, issued, lines, order, amount))
    ledger.time_billed_on = [None if key is None else final[key] for key in ledger.time_billed_on]
    ledger.spend_billed_on = [None if key is None else final[key] for key in ledger.spend_billed_on]
    ledger.marks = [(entity, stamp, values, final[key]) for entity, stamp, values, key in ledger.marks]
    for leak in ledger.leaks:
        leak["record_id"] = final.get(str(leak["record_id"]), str(leak["record_id"]))
