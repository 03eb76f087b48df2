"""Planted anomalies in time entries, among look-alikes that are harmless."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.absences import Attendance
from leadline.simulator.anomalies import (
    EASY,
    HARD,
    TIME_ANOMALIES,
    TIME_SHARE,
    approved_before,
    by_grade,
    draw_kinds,
    strictness_of_approvers,
    taken_back,
)
from leadline.simulator.days import DAY_SECONDS, Bools, Floats, Ints
from leadline.simulator.delivery import Course
from leadline.simulator.people import People
from leadline.simulator.streams import Streams
from leadline.simulator.timesheets import Work

DUPLICATE, WEEKEND, EXCESSIVE, ON_LEAVE, AFTER_END, PADDED, WRONG_ROLE = range(1, len(TIME_ANOMALIES))
# Share of entries that look odd and are not: weekend work that was agreed, long days before a deadline, corrections,
# and the same hours booked twice on one day because the work came in two parts.
BENIGN_WEEKEND, BENIGN_LONG, BENIGN_CORRECTION, BENIGN_REPEAT = 0.0055, 0.0055, 0.0012, 0.0025
LONG_DAY = (10.0, 12.5)


def plant_time_anomalies(
    work: Work, people: People, courses: list[Course], attendance: Attendance, streams: Streams
) -> Work:
    """Return the work with anomalies planted; all ids are reassigned, in order of hand-in."""
    rng = streams.rng("time anomalies")
    external = (work.project >= 0) & (work.deleted == 0)
    kinds, grades = draw_kinds(TIME_SHARE, people.propensity[work.person], external, rng)
    work.grade = np.where(np.isin(kinds, (EXCESSIVE, PADDED, WRONG_ROLE)), grades, 0)
    work.anomaly = np.where(np.isin(kinds, (EXCESSIVE, PADDED, WRONG_ROLE)), kinds, 0)
    _alter(work, kinds, grades, rng)
    benign = external & (kinds == 0)
    parts = [
        work,
        _duplicates(work, kinds, grades, rng),
        _weekends(work, kinds, grades, rng),
        _copies(work, benign & (rng.random(len(work)) < BENIGN_WEEKEND), rng, shift=_to_saturday(work.day), kind=0),
        _copies(work, benign & (rng.random(len(work)) < BENIGN_REPEAT), rng, shift=None, kind=0),
        _after_end(work, courses, kinds, grades, rng),
        _corrections(work, benign & (rng.random(len(work)) < BENIGN_CORRECTION), rng),
        _on_leave(work, attendance, kinds, grades, rng),
    ]
    merged = _in_order_of_hand_in(parts)
    strictness = strictness_of_approvers(merged.project, merged.person, people, courses)
    back = taken_back(merged.anomaly, merged.submitted, strictness, rng)
    merged.deleted = np.where(back > 0, back, merged.deleted)
    merged.approved = approved_before(merged.approved, back, rng)
    merged.rejected = np.where(back > 0, 0, merged.rejected)
    return merged


def _in_order_of_hand_in(parts: list[Work]) -> Work:
    """Put entries together so that neither place nor id tells which were planted."""
    merged = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Work)}
    order = np.lexsort((merged["hours"], merged["day"], merged["person"], merged["submitted"]))
    sorted_work = Work(**{name: column[order] for name, column in merged.items()})
    if len(order):
        sorted_work.ids = int(parts[0].ids.min()) + np.arange(len(order), dtype=np.int64)
    return sorted_work


def _alter(work: Work, kinds: Ints, grades: Ints, rng: np.random.Generator) -> None:
    """Change hours and roles in place: too long a day, rounded up, a role too dear; and long days that are honest."""
    count = len(work)
    excessive, padded, wrong = kinds == EXCESSIVE, kinds == PADDED, kinds == WRONG_ROLE
    long_day = by_grade(grades, (14.5, 12.5, 10.5)) + rng.uniform(0, 1, count) * by_grade(grades, (3.5, 2.0, 1.5))
    hours = np.where(excessive, np.round(long_day * 4) / 4, work.hours)
    benign = (kinds == 0) & (work.project >= 0) & (rng.random(count) < BENIGN_LONG)
    hours = np.where(benign, np.round(rng.uniform(*LONG_DAY, count) * 4) / 4, hours)
    hours = np.where(padded, np.ceil(hours + 0.01) + by_grade(grades, (2.0, 1.0, 0.0)), hours)
    changed = excessive | padded | benign
    work.hours = hours
    work.first_hours = np.where(changed, hours, work.first_hours)
    work.corrected = np.where(changed, 0, work.corrected)
    steps = np.where(grades == EASY, 2, 1)
    work.role = np.where(wrong, np.minimum(work.role + steps, len(words.ROLES) - 1), work.role)


def _to_saturday(days: Ints) -> Ints:
    return 5 - (days + 3) % 7


def _copies(work: Work, chosen: Bools, rng: np.random.Generator, *, shift: Ints | None, kind: int) -> Work:
    """Return copies of entries, moved by days and handed in accordingly."""
    picked = np.flatnonzero(chosen)
    part = Work(**{f.name: getattr(work, f.name)[picked].copy() for f in fields(Work)})
    part.anomaly = np.full(len(picked), kind, dtype=np.int64)
    part.grade = np.zeros(len(picked), dtype=np.int64)
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


def _graded(work: Work, kinds: Ints, grades: Ints, kind: int, rng: np.random.Generator, shift: Ints | None) -> Work:
    part = _copies(work, kinds == kind, rng, shift=shift, kind=kind)
    part.grade = grades[kinds == kind]
    return part


def _set_hours(part: Work, hours: Floats) -> None:
    part.hours = np.maximum(np.round(hours * 4) / 4, 0.25)
    part.first_hours = part.hours.copy()


def _duplicates(work: Work, kinds: Ints, grades: Ints, rng: np.random.Generator) -> Work:
    """The same work again: to the letter, with other hours, or with other hours on another task days later."""
    part = _graded(work, kinds, grades, DUPLICATE, rng, None)
    hard = part.grade == HARD
    drift = np.where(part.grade == EASY, 0.0, rng.choice([-0.5, -0.25, 0.25, 0.5], len(part)))
    _set_hours(part, part.hours + drift)
    later = np.where(hard, rng.integers(1, 6, len(part)), 0) * DAY_SECONDS
    part.submitted = part.submitted + later
    part.approved = np.where(part.approved > 0, part.approved + later, 0)
    part.task = np.where(hard & (part.task > 0), part.task - 1, part.task)
    return part


def _weekends(work: Work, kinds: Ints, grades: Ints, rng: np.random.Generator) -> Work:
    """Work on days off that was never done: a long Sunday, a Saturday, an hour or two on a Saturday."""
    shift = _to_saturday(work.day) + (grades == EASY)
    part = _graded(work, kinds, grades, WEEKEND, rng, shift)
    _set_hours(part, np.where(part.grade == HARD, rng.uniform(0.75, 2.0, len(part)), part.hours))
    return part


def _after_end(work: Work, courses: list[Course], kinds: Ints, grades: Ints, rng: np.random.Generator) -> Work:
    """Time on a project that is over: for a month, for a week or two, or for some days."""
    closes = np.array([course.closes for course in courses] or [0], dtype=np.int64)
    after = by_grade(grades, (25, 9, 1)) + rng.uniform(0, 1, len(work)) * by_grade(grades, (30, 12, 4))
    shift = closes[np.maximum(work.project, 0)] + after.astype(np.int64) - work.day
    return _graded(work, kinds, grades, AFTER_END, rng, shift)


def _corrections(work: Work, chosen: Bools, rng: np.random.Generator) -> Work:
    """Return negative entries that take part of an entry back, handed in a few days after it: honest corrections."""
    part = _copies(work, chosen, rng, shift=None, kind=0)
    part.hours = -np.maximum(np.round(part.hours * 2) / 4, 0.25)
    part.first_hours = part.hours.copy()
    return part


def _on_leave(work: Work, attendance: Attendance, kinds: Ints, grades: Ints, rng: np.random.Generator) -> Work:
    """Return copies of entries moved onto the person's nearest day of leave; hard ones claim an hour or two only."""
    shift = np.zeros(len(work), dtype=np.int64)
    usable = np.zeros(len(work), dtype=bool)
    for entry in np.flatnonzero(kinds == ON_LEAVE):
        person = int(work.person[entry])
        off = np.flatnonzero(attendance.leave[person]) + attendance.first
        near = off[np.abs(off - work.day[entry]) < 45] if len(off) else off
        near = near[(near + 3) % 7 < 5]
        if len(near):
            usable[entry] = True
            shift[entry] = int(near[int(np.argmin(np.abs(near - work.day[entry])))]) - int(work.day[entry])
    part = _copies(work, usable, rng, shift=shift, kind=ON_LEAVE)
    part.grade = grades[usable]
    _set_hours(part, np.where(part.grade == HARD, rng.uniform(0.5, 2.0, len(part)), part.hours))
    return part
