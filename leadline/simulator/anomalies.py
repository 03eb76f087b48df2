"""Planted anomalies in time and expenses, by type, among look-alikes that are harmless."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.absences import Attendance
from leadline.simulator.days import DAY_SECONDS, Bools, Floats, Ints
from leadline.simulator.delivery import Course
from leadline.simulator.expenses import Spend
from leadline.simulator.streams import Streams
from leadline.simulator.timesheets import Work

TIME_ANOMALIES = (
    "",
    "duplicate_entry",
    "weekend_or_holiday",
    "excessive_hours",
    "time_on_leave",
    "after_project_end",
    "round_number_padding",
    "wrong_role",
)
EXPENSE_ANOMALIES = ("", "duplicate_expense", "over_policy", "missing_receipt", "split_expense", "personal_merchant")
# Share of entries that become each type, and of harmless weekend work and long days.
TIME_SHARE = (0.0, 0.0030, 0.0024, 0.0024, 0.0018, 0.0018, 0.0040, 0.0030)
EXPENSE_SHARE = (0.0, 0.006, 0.008, 0.010, 0.004, 0.004)
BENIGN_WEEKEND, BENIGN_LONG, BENIGN_CORRECTION = 0.0015, 0.0015, 0.0012
BENIGN_REPEAT, BENIGN_LARGE = 0.012, 0.004
# Share of the planted that reviewers find by themselves and take back days to weeks later; the rest stays unnoticed.
NOTICED = 0.45


def plant_time_anomalies(work: Work, courses: list[Course], attendance: Attendance, streams: Streams) -> Work:
    """Return the work with anomalies planted; new entries are appended and all ids given in order of hand-in."""
    rng = streams.rng("time anomalies")
    count = len(work)
    external = (work.project >= 0) & (work.deleted == 0)
    kinds = rng.choice(len(TIME_SHARE), size=count, p=(1 - sum(TIME_SHARE), *TIME_SHARE[1:]))
    kinds = np.where(external, kinds, 0)
    closes = np.array([course.closes for course in courses] or [0], dtype=np.int64)
    _alter_hours(work, kinds, rng)
    wrong = kinds == 7
    work.role = np.where(wrong, np.minimum(work.role + 1, len(words.ROLES) - 1), work.role)
    changed = np.isin(kinds, (3, 6, 7))
    work.anomaly = np.where(changed, kinds, 0)
    benign_weekend = external & (rng.random(count) < BENIGN_WEEKEND)
    extra = [
        _copies(work, kinds == 1, rng, shift=None, kind=1),
        _copies(work, kinds == 2, rng, shift=_to_saturday(work.day), kind=2),
        _copies(work, benign_weekend, rng, shift=_to_saturday(work.day), kind=0),
        _copies(work, (kinds == 5) & external, rng, shift=closes[np.maximum(work.project, 0)] + 9 - work.day, kind=5),
        _corrections(work, external & (rng.random(count) < BENIGN_CORRECTION), rng),
        _on_leave(work, attendance, kinds == 4, rng),
    ]
    merged = Work(
        **{
            f.name: np.concatenate([getattr(work, f.name), *(getattr(part, f.name) for part in extra)])
            for f in fields(Work)
        }
    )
    merged.ids = int(work.ids[0]) + np.arange(len(merged), dtype=np.int64) if count else merged.ids
    taken_back = _taken_back(merged.anomaly, merged.submitted, streams.rng("noticed time anomalies"))
    noticed = taken_back > 0
    merged.deleted = np.where(noticed, taken_back, merged.deleted)
    merged.approved = _approved_before(merged.approved, taken_back, merged.ids)
    merged.rejected = np.where(noticed, 0, merged.rejected)
    return merged


def _taken_back(anomaly: Ints, submitted: Ints, rng: np.random.Generator) -> Ints:
    """Return the moment at which a reviewer took a planted line back, 0 where nobody noticed."""
    noticed = (rng.random(len(anomaly)) < NOTICED) & (anomaly > 0)
    return np.where(noticed, submitted + rng.integers(3, 25, len(anomaly)) * DAY_SECONDS, 0)


def _approved_before(approved: Ints, taken_back: Ints, ids: Ints) -> Ints:
    """Half of what is taken back had slipped through approval first, so that waiting long is no sign of guilt."""
    kept = (taken_back == 0) | ((ids % 2 == 0) & (approved < taken_back))
    return np.where(kept, approved, 0)


def _alter_hours(work: Work, kinds: Ints, rng: np.random.Generator) -> None:
    excessive, padded = kinds == 3, kinds == 6
    hours = np.where(excessive, np.round(rng.uniform(12.5, 18, len(work)) * 4) / 4, work.hours)
    benign = (kinds == 0) & (work.project >= 0) & (rng.random(len(work)) < BENIGN_LONG)
    hours = np.where(benign, np.round(rng.uniform(10.0, 12.5, len(work)) * 4) / 4, hours)
    hours = np.where(padded, np.ceil(hours + 0.01) + 1.0, hours)
    changed = excessive | padded | benign
    work.hours = hours
    work.first_hours = np.where(changed, hours, work.first_hours)
    work.corrected = np.where(changed, 0, work.corrected)


def _to_saturday(days: Ints) -> Ints:
    return 5 - (days + 3) % 7


def _copies(work: Work, chosen: Bools, rng: np.random.Generator, *, shift: Ints | None, kind: int) -> Work:
    """Return copies of entries, moved by days and handed in accordingly."""
    picked = np.flatnonzero(chosen)
    part = Work(**{f.name: getattr(work, f.name)[picked].copy() for f in fields(Work)})
    part.anomaly = np.full(len(picked), kind, dtype=np.int64)
    moved = np.zeros(len(picked), dtype=np.int64) if shift is None else shift[picked].astype(np.int64)
    part.day = part.day + moved
    base = np.where(part.submitted // DAY_SECONDS < part.day, part.day * DAY_SECONDS + 17 * 3600, part.submitted)
    part.submitted = base + (
        rng.integers(60, 3 * 3600, len(picked)) if shift is None else rng.integers(0, 3600, len(picked))
    )
    wait = rng.integers(1, 5, len(picked)) * DAY_SECONDS
    part.approved = np.where(part.approved > 0, part.submitted + wait, 0)
    part.rejected = np.zeros(len(picked), dtype=np.int64)
    part.corrected = np.zeros(len(picked), dtype=np.int64)
    part.deleted = np.zeros(len(picked), dtype=np.int64)
    part.first_hours = part.hours.copy()
    return part


def _corrections(work: Work, chosen: Bools, rng: np.random.Generator) -> Work:
    """Return negative entries that take part of an entry back, handed in a few days after it: honest corrections."""
    part = _copies(work, chosen, rng, shift=None, kind=0)
    part.hours = -np.maximum(np.round(part.hours * 2) / 4, 0.25)
    part.first_hours = part.hours.copy()
    return part


def _on_leave(work: Work, attendance: Attendance, chosen: Bools, rng: np.random.Generator) -> Work:
    """Return copies of entries moved onto the person's nearest day of leave."""
    shift = np.zeros(len(work), dtype=np.int64)
    usable = np.zeros(len(work), dtype=bool)
    for entry in np.flatnonzero(chosen):
        person = int(work.person[entry])
        off = np.flatnonzero(attendance.leave[person]) + attendance.first
        near = off[np.abs(off - work.day[entry]) < 45] if len(off) else off
        near = near[(near + 3) % 7 < 5]
        if len(near):
            usable[entry] = True
            shift[entry] = int(near[int(np.argmin(np.abs(near - work.day[entry])))]) - int(work.day[entry])
    return _copies(work, usable, rng, shift=shift, kind=4)


def plant_expense_anomalies(spend: Spend, streams: Streams) -> Spend:
    """Return the spending with anomalies planted; duplicates and second halves are appended."""
    rng = streams.rng("expense anomalies")
    count = len(spend)
    kinds = rng.choice(len(EXPENSE_SHARE), size=count, p=(1 - sum(EXPENSE_SHARE), *EXPENSE_SHARE[1:]))
    fx = np.array(words.BASE_USD)[spend.entity]
    limit = np.array(words.EXPENSE_POLICY_USD)[spend.category] / fx
    spend.amount = np.where(kinds == 2, np.round(limit * rng.uniform(1.1, 2.2, count), 2), spend.amount)
    spend.amount = np.where(kinds == 4, np.round(limit * rng.uniform(0.7, 0.98, count), 2), spend.amount)
    spend.receipt = np.where(kinds == 3, False, spend.receipt)
    for entry in np.flatnonzero(kinds == 5):
        spend.merchant[entry] = words.PERSONAL_MERCHANTS[int(rng.integers(0, len(words.PERSONAL_MERCHANTS)))]
    spend.anomaly = np.where(np.isin(kinds, (2, 3, 4, 5)), kinds, 0)
    _plant_lookalikes(spend, kinds, limit, rng)
    doubled = np.flatnonzero((kinds == 1) | (kinds == 4))
    parts: dict[str, Any] = {}
    for f in fields(Spend):
        old = getattr(spend, f.name)
        parts[f.name] = (
            old + [old[int(n)] for n in doubled] if f.name == "merchant" else np.concatenate([old, old[doubled]])
        )
    merged = Spend(**parts)
    merged.anomaly[count:] = kinds[doubled]
    merged.ids = int(spend.ids[0]) + np.arange(len(merged), dtype=np.int64)
    second = kinds[doubled] == 1
    later = rng.integers(0, 20, len(doubled)) * second * DAY_SECONDS
    merged.submitted[count:] += later + 120
    merged.approved[count:] = np.where(merged.approved[count:] > 0, merged.approved[count:] + later + 120, 0)
    merged.rejected[count:] = 0
    taken_back = _taken_back(merged.anomaly, merged.submitted, streams.rng("noticed expense anomalies"))
    merged.rejected = np.where(taken_back > 0, taken_back, merged.rejected)
    merged.approved = _approved_before(merged.approved, taken_back, merged.ids)
    return merged


def _plant_lookalikes(spend: Spend, kinds: Ints, limit: Floats, rng: np.random.Generator) -> None:
    """Harmless spending that looks odd: the same taxi at the same price again, a client event approved beforehand."""
    count = len(spend)
    repeated = (kinds == 0) & (rng.random(count) < BENIGN_REPEAT)
    repeated[:1] = False
    for entry in np.flatnonzero(repeated & np.r_[False, spend.category[1:] == spend.category[:-1]]):
        spend.merchant[entry] = spend.merchant[entry - 1]
        spend.amount[entry] = spend.amount[entry - 1]
    large = (kinds == 0) & (spend.category == 0) & (rng.random(count) < BENIGN_LARGE * 3)
    spend.amount = np.where(large, np.round(limit * rng.uniform(1.05, 1.8, count), 2), spend.amount)
    spend.note = np.where(large, 1, 0)
    spend.receipt = spend.receipt | large
