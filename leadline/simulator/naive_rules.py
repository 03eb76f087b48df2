"""The rules a firm would run without any model: a yardstick for how odd honest lines look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.absences import Attendance
from leadline.simulator.days import Bools, Ints, weekday
from leadline.simulator.delivery import Course
from leadline.simulator.expenses import Spend
from leadline.simulator.timesheets import Work

LONG_HOURS = 10.0
# Receipts are asked for from this amount on, in USD; the same amount again within so many days is a repeat.
RECEIPT_USD, REPEAT_DAYS = 75.0, 21


@dataclass(frozen=True)
class Flags:
    """Lines looked at, lines flagged, and flagged lines that are planted anomalies."""

    lines: int
    flagged: int
    true: int


def naive_flags(work: Work, spend: Spend, courses: list[Course], attendance: Attendance) -> Flags:
    """Return how many time and expense lines the naive rules flag, and how many of those are true."""
    time, expense = time_flags(work, courses, attendance), expense_flags(spend)
    true = int((time & (work.anomaly > 0)).sum() + (expense & (spend.anomaly > 0)).sum())
    return Flags(len(work) + len(spend), int(time.sum() + expense.sum()), true)


def time_flags(work: Work, courses: list[Course], attendance: Attendance) -> Bools:
    """Long hours in one entry, work on weekends, holidays or leave, after a project's end, or the same entry again."""
    column = np.clip(work.day - attendance.first, 0, attendance.holiday.shape[1] - 1)
    off = attendance.holiday[work.person, column] | attendance.leave[work.person, column] | (weekday(work.day) >= 5)
    closes = np.array([course.closes for course in courses] or [0], dtype=np.int64)
    over = (work.project >= 0) & (work.day > closes[np.maximum(work.project, 0)])
    alike = _seen_before(
        pl.DataFrame(
            {"person": work.person, "project": work.project, "task": work.task, "day": work.day, "hours": work.hours}
        )
    )
    external = work.project >= 0
    return np.asarray((work.hours > LONG_HOURS) | (off & external) | over | (alike & external & (work.hours > 0)))


def expense_flags(spend: Spend) -> Bools:
    """Over the limit, a receipt missing, a private shop, or the same amount of the same person again."""
    fx = np.array(words.BASE_USD)[spend.entity]
    limit = np.array(words.EXPENSE_POLICY_USD)[spend.category] / fx
    private = pl.Series(spend.merchant).is_in([*words.PERSONAL_MERCHANTS, *words.MIXED_MERCHANTS]).to_numpy()
    missing = ~spend.receipt & (spend.amount * fx > RECEIPT_USD)
    return np.asarray((spend.amount > limit) | missing | private | _repeats(spend))


def _seen_before(rows: pl.DataFrame) -> Bools:
    return np.asarray(~rows.select(pl.struct(pl.all()).is_first_distinct()).to_series().to_numpy())


def _repeats(spend: Spend) -> Bools:
    """Whether a line repeats one of the same person and amount from the days before."""
    rows = pl.DataFrame({"person": spend.person, "amount": spend.amount, "day": spend.day}).with_row_index()
    gap = pl.col("day") - pl.col("day").shift(1).over("person", "amount")
    near: Ints = rows.sort("person", "amount", "day", "index").with_columns(gap=gap).sort("index")["gap"].to_numpy()
    return np.asarray(near <= REPEAT_DAYS)
