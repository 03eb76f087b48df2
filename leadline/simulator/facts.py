"""Monthly counts and sums of a firm's life, from which its figures are worked out; cohorts add up."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.absences import Attendance
from leadline.simulator.days import DAY_SECONDS, Ints, as_date, day, monday, month_start, weekday
from leadline.simulator.deal import Deal
from leadline.simulator.delivery import Course
from leadline.simulator.expenses import Spend
from leadline.simulator.naive_rules import naive_flags
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.receivables import Fate
from leadline.simulator.timesheets import Work

QUARTER_DAYS = 91
QUALIFIED = 1
MAX_DAYS_LATE, MAX_DAYS_AFTER = 90, 45
SCHEMA = {"topic": pl.String(), "month": pl.Date(), "key": pl.String(), "amount": pl.Float64()}


class FactTable:
    """Sums by topic, month and key."""

    def __init__(self, until: int) -> None:
        self._sums: Counter[tuple[str, int, str]] = Counter()
        self.until = until

    def add(self, topic: str, on: int, key: str, amount: float = 1.0) -> None:
        """Add an amount to the month that holds a day; what lies after the end is left out."""
        if on <= self.until:
            self._sums[topic, month_start(on), key] += amount  # type: ignore[assignment]

    def add_by_day(
        self, topic: str, days: Ints, key: str, amounts: np.ndarray[tuple[int], np.dtype[np.float64]]
    ) -> None:
        """Add amounts of many days."""
        if not len(days):
            return
        first = int(days.min())
        sums = np.bincount(days - first, weights=amounts)
        for number in np.flatnonzero(sums).tolist():
            self.add(topic, first + number, key, float(sums[number]))

    def frame(self) -> pl.DataFrame:
        """Return the sums, sorted: topic, month (its first day), key, amount."""
        rows = [(topic, as_date(on), key, float(amount)) for (topic, on, key), amount in sorted(self._sums.items())]
        return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def measure(
    preset: Preset,
    people: People,
    deals: list[Deal],
    courses: list[Course],
    attendance: Attendance,
    work: Work,
    spend: Spend,
    fates: list[Fate],
) -> pl.DataFrame:
    """Return the firm's counts and sums by month; money in USD at the base rates."""
    table = FactTable(day(preset.as_of))
    _hours(table, preset, people, attendance, work)
    _headcount(table, preset, people)
    _receivables(table, preset, fates)
    _pipeline(table, preset, deals)
    _arrivals(table, work, spend, courses)
    flags = naive_flags(work, spend, courses, attendance)
    for key in ("lines", "flagged", "true"):
        table.add("naive", table.until, key, float(getattr(flags, key)))
    return table.frame()


def _hours(table: FactTable, preset: Preset, people: People, attendance: Attendance, work: Work) -> None:
    daily = np.where(people.delivers, people.weekly_hours / 5, 0.0)
    available = (attendance.works * daily[:, None]).sum(axis=0)
    days = attendance.first + np.arange(len(available))
    inside = (days >= day(preset.start)) & (days <= table.until)
    table.add_by_day("hours", days[inside], "available", available[inside])
    booked = (work.day >= day(preset.start)) & (work.day <= table.until) & (work.deleted == 0)
    table.add_by_day("hours", work.day[booked], "worked", work.hours[booked])
    billable = booked & work.billable
    table.add_by_day("hours", work.day[billable], "billable", work.hours[billable])


def _headcount(table: FactTable, preset: Preset, people: People) -> None:
    first = month_start(day(preset.start))
    for on in range(first, table.until + 1):
        if as_date(on).day == 1:
            there = people.delivers & (people.hire <= on) & (people.leaves > on)
            table.add("people", on, "headcount", float(there.sum()))
    for left in people.leaves[people.delivers & (people.leaves > day(preset.start))].tolist():
        table.add("people", left, "leavers")


def _receivables(table: FactTable, preset: Preset, fates: list[Fate]) -> None:
    """Open receivables at month ends, what was billed, and how late it was paid; gross, tax included."""
    ends = [on - 1 for on in range(day(preset.start) + 32, table.until + 2) if as_date(on).day == 1]
    open_at = dict.fromkeys(ends, 0.0)
    for fate in fates:
        invoice, entity = fate.invoice, fate.invoice.contract.entity
        gross = invoice.amount * (1 + words.ENTITY_TAX_RATES[entity]) * words.BASE_USD[entity]
        table.add("money", invoice.issued, "billed gross", gross)
        table.add("money", invoice.issued, "revenue", invoice.amount * words.BASE_USD[entity])
        for on in ends:
            if invoice.issued <= on < fate.paid_on:
                open_at[on] += gross
        late = fate.paid_on - invoice.issued - invoice.contract.terms
        if fate.paid_on <= table.until:
            key = str(int(np.clip(late, -30, MAX_DAYS_LATE)))
            table.add("days late", invoice.issued, key)
    for on, amount in open_at.items():
        table.add("money", on, "receivables", amount)


def _pipeline(table: FactTable, preset: Preset, deals: list[Deal]) -> None:
    """Qualified pipeline open at the start of each quarter, and what was won in it."""
    for start in range(day(preset.start) + QUARTER_DAYS, table.until - QUARTER_DAYS, QUARTER_DAYS):
        for deal in deals:
            worth = deal.amount * words.BASE_USD[deal.entity]
            if start <= deal.closed < start + QUARTER_DAYS and deal.won:
                table.add("pipeline", start, "won", worth)
            qualified = next((when for when, stage in deal.path if stage == QUALIFIED), deal.closed)
            if qualified < start <= deal.closed:
                table.add("pipeline", start, "open", worth)


def _arrivals(table: FactTable, work: Work, spend: Spend, courses: list[Course]) -> None:
    """When time, expenses and change orders were recorded, against the weekly as-of that would have needed them."""
    handed_in = work.submitted > 0
    sunday = work.day[handed_in] - weekday(work.day[handed_in]) + 6
    after = work.submitted[handed_in] // DAY_SECONDS - sunday
    counts = np.bincount(np.clip(after, 0, MAX_DAYS_AFTER))
    for number, count in enumerate(counts.tolist()):
        table.add("hand-in", table.until, f"{number:02d}", float(count))
    late_counts = [(int((after > 0).sum()), len(after))]
    spent = spend.submitted // DAY_SECONDS - (spend.day - weekday(spend.day) + 6)
    late_counts.append((int((spent > 0).sum()), len(spent)))
    asked = [change.submitted > monday(change.requested) + 6 for course in courses for change in course.changes]
    late_counts.append((sum(asked), len(asked)))
    table.add("arrivals", table.until, "late", float(sum(late for late, _ in late_counts)))
    table.add("arrivals", table.until, "all", float(sum(count for _, count in late_counts)))
