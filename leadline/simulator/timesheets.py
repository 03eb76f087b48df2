"""Time entries: weeks of booked work laid along the days people were at work, then handed in and approved."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.absences import Attendance
from leadline.simulator.contracts import TM
from leadline.simulator.days import DAY_SECONDS, Bools, Floats, Ints, day, weekday
from leadline.simulator.delivery import TASK_NAMES, Course, task_id
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams
from leadline.simulator.versions import Row

COHORT_STRIDE = 5_000_000
INTERNAL_PROJECTS = ("P-900001", "P-900002", "P-900003")
# Every so manieth entry is saved as a draft on the evening of the day worked.
DRAFT_EVERY, DRAFT_HOUR = 17, 18
# Weeks handed in late come after the weekend, most of them soon, the last after six weeks.
MEAN_DELAY_DAYS, MAX_DELAY_DAYS = 9.0, 42
# Entries whose versions are made at once.
SLICE = 150_000
EXTRA_NOTE = "Extra request from client"
INTERNAL_NAMES = ("Training", "Business development", "Administration")


@dataclass
class Work:
    """Time entries as arrays, one element per entry.

    ``project`` indexes the courses, -1 to -3 the internal projects. ``line`` is the line's position in the contract.
    ``extra`` marks notes that speak of a client's extra request. Moments are seconds; 0 means it never happened.
    ``first_hours`` are the hours before a correction.
    """

    person: Ints
    project: Ints
    line: Ints
    task: Ints
    day: Ints
    hours: Floats
    role: Ints
    billable: Bools
    submitted: Ints
    approved: Ints
    rejected: Ints
    corrected: Ints
    first_hours: Floats
    deleted: Ints
    extra: Bools
    anomaly: Ints
    grade: Ints
    ids: Ints

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True)
class _Pairs:
    """One element per booking and week: hours wanted by that booking in that week."""

    person: Ints
    week: Ints
    project: Ints
    role: Ints
    hours: Floats
    start: Ints
    end: Ints


def make_work(preset: Preset, people: People, courses: list[Course], attendance: Attendance, streams: Streams) -> Work:
    """Draw all time entries of the firm, up to the true end of every project."""
    rng = streams.rng("timesheets")
    pairs = _fill_with_internal(_pairs(courses, attendance, rng), people, attendance, day(preset.as_of), rng)
    person, week, slot = pairs.person, pairs.week, attendance.works.reshape(len(people.ids), -1, 7)
    works = slot[person, week]
    days_at_work = works.sum(axis=1)
    keep = days_at_work > 0
    entries = _lay_on_days(pairs, keep, works, rng)
    index, number, hours = entries
    start, end = pairs.start[index], pairs.end[index]
    worked = attendance.first + week[index] * 7 + number
    inside = (worked >= start) & (worked <= end)
    index, worked, hours = index[inside], worked[inside], hours[inside]
    for _ in range(2):
        index, worked, hours = _split(index, worked, hours, preset.entry_split, rng)
    order = np.lexsort((index, pairs.person[index], worked))
    index, worked, hours = index[order], worked[order], hours[order]
    return _describe(people, courses, streams, rng, pairs, index, worked, hours)


def _pairs(courses: list[Course], attendance: Attendance, rng: np.random.Generator) -> _Pairs:
    weeks_known = attendance.works.shape[1] // 7
    parts: list[tuple[Ints, ...]] = []
    wanted: list[Floats] = []
    for course in courses:
        for booking in course.bookings:
            begins = max(booking.start, course.begins)
            first, last = (begins - attendance.first) // 7, min((booking.end - attendance.first) // 7, weeks_known - 1)
            if last < first or booking.end <= begins:
                continue
            weeks = np.arange(first, last + 1, dtype=np.int64)
            mondays = attendance.first + weeks * 7
            pace = np.where(mondays < course.surfaces, course.early, course.late)
            full = np.full_like(weeks, 1)
            parts.append(
                (
                    full * booking.person,
                    weeks,
                    full * booking.project,
                    full * booking.role,
                    full * begins,
                    full * booking.end,
                )
            )
            wanted.append(booking.hours * pace)
    if not parts:
        empty = np.zeros(0, dtype=np.int64)
        return _Pairs(empty, empty, empty, empty, np.zeros(0), empty, empty)
    person, week, project, role, start, end = (np.concatenate(column) for column in zip(*parts, strict=True))
    hours = np.concatenate(wanted) * np.exp(rng.normal(-0.02, 0.2, len(person)))
    return _Pairs(person, week, project, role, hours, start, end)


def _fill_with_internal(
    pairs: _Pairs, people: People, attendance: Attendance, end: int, rng: np.random.Generator
) -> _Pairs:
    """Cut overfull weeks back, and fill what is left of a week with internal work."""
    staff, weeks = len(people.ids), attendance.works.shape[1] // 7
    at_work = attendance.works.reshape(staff, weeks, 7).sum(axis=2)
    room = at_work * (people.weekly_hours / 5)[:, None]
    load = np.zeros((staff, weeks))
    np.add.at(load, (pairs.person, pairs.week), pairs.hours)
    limit = room * 1.12
    scale = np.where(load > limit, limit / np.maximum(load, 1e-9), 1.0)
    hours = pairs.hours * scale[pairs.person, pairs.week]
    rest = room * rng.uniform(0.96, 1.03, room.shape) - np.minimum(load, limit)
    last_week = (end - attendance.first) // 7
    rest[:, last_week + 1 :] = 0
    rest[~people.delivers] = 0
    who, when = np.nonzero(rest >= 1.0)
    kind = -1 - rng.choice(3, size=len(who), p=[0.3, 0.35, 0.35])
    open_end = np.full(len(who), 10**6)
    return _Pairs(
        person=np.concatenate([pairs.person, who]),
        week=np.concatenate([pairs.week, when]),
        project=np.concatenate([pairs.project, kind]),
        role=np.concatenate([pairs.role, people.role[who]]),
        hours=np.concatenate([hours, rest[who, when]]),
        start=np.concatenate([pairs.start, np.zeros(len(who), dtype=np.int64)]),
        end=np.concatenate([pairs.end, open_end]),
    )


def _lay_on_days(pairs: _Pairs, keep: Bools, works: Bools, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """Lay each week's bookings one after the other along the days at work; return (pair, weekday, hours)."""
    chosen = np.flatnonzero(keep)
    shuffled = chosen[np.lexsort((rng.random(len(chosen)), pairs.week[chosen], pairs.person[chosen]))]
    group = pairs.person[shuffled] * 100_000 + pairs.week[shuffled]
    first_of_group = np.r_[True, group[1:] != group[:-1]]
    number = np.cumsum(first_of_group) - 1
    hours = pairs.hours[shuffled]
    total = np.bincount(number, weights=hours)
    running = np.cumsum(hours) - hours
    begin = running - running[first_of_group][number]
    at_work = works[shuffled].sum(axis=1)
    daily = total[number] / at_work
    rank = np.cumsum(works[shuffled], axis=1) - 1
    low = np.where(works[shuffled], rank * daily[:, None], np.inf)
    overlap = np.minimum((begin + hours)[:, None], low + daily[:, None]) - np.maximum(begin[:, None], low)
    rounded = np.round(np.clip(np.where(np.isfinite(overlap), overlap, 0), 0, None) * 4) / 4
    row, weekday_number = np.nonzero(rounded >= 0.25)
    return shuffled[row], weekday_number.astype(np.int64), rounded[row, weekday_number]


def _split(
    index: Ints, worked: Ints, hours: Floats, chance: float, rng: np.random.Generator
) -> tuple[Ints, Ints, Floats]:
    cut = (hours >= 2) & (rng.random(len(hours)) < chance)
    part = np.round(hours * rng.uniform(0.25, 0.75, len(hours)) * 4) / 4
    hours = np.where(cut, hours - part, hours)
    return (
        np.concatenate([index, index[cut]]),
        np.concatenate([worked, worked[cut]]),
        np.concatenate([hours, part[cut]]),
    )


def _describe(
    people: People,
    courses: list[Course],
    streams: Streams,
    rng: np.random.Generator,
    pairs: _Pairs,
    index: Ints,
    worked: Ints,
    hours: Floats,
) -> Work:
    count = len(index)
    project = pairs.project[index]
    lines = np.array([len(course.contract.lines) for course in courses] + [1, 1, 1])
    second_share = np.array(
        [course.contract.lines[-1].share if len(course.contract.lines) > 1 else 0 for course in courses] + [0, 0, 0]
    )
    line = ((lines[project] > 1) & (rng.random(count) < second_share[project])).astype(np.int64)
    task = _tasks(courses, project, worked, rng)
    billable = (project >= 0) & (task < len(TASK_NAMES))
    person = pairs.person[index]
    submitted = _submitted(people, person, worked, rng)
    approved = _approved(submitted, rng)
    draw = rng.random(count)
    rejected = np.where(draw < 0.012, approved, 0)
    approved = np.where(rejected > 0, approved + rng.integers(2, 6, count) * DAY_SECONDS, approved)
    corrected = np.where((draw > 0.02) & (draw < 0.045), submitted + rng.integers(3_600, 80_000, count), 0)
    corrected = np.where(corrected < approved, corrected, 0)
    first_hours = np.where(corrected > 0, np.clip(hours + rng.choice([-1.0, -0.5, 0.5, 1.0], count), 0.25, 24), hours)
    deleted = np.where((draw > 0.05) & (draw < 0.056), submitted + rng.integers(3_600, 60_000, count), 0)
    approved = np.where(deleted > 0, 0, approved)
    return Work(
        person=person,
        project=project,
        line=line,
        task=task,
        day=worked,
        hours=hours,
        role=pairs.role[index],
        billable=billable,
        submitted=submitted,
        approved=approved,
        rejected=rejected,
        corrected=corrected,
        first_hours=first_hours,
        deleted=deleted,
        extra=_extra_requests(courses, project, worked, rng),
        anomaly=np.zeros(count, dtype=np.int64),
        grade=np.zeros(count, dtype=np.int64),
        ids=streams.cohort * COHORT_STRIDE + 1 + np.arange(count, dtype=np.int64),
    )


def _tasks(courses: list[Course], project: Ints, worked: Ints, rng: np.random.Generator) -> Ints:
    begins = np.array([course.begins for course in courses] + [0, 0, 0])
    closes = np.array([max(course.closes, course.begins + 1) for course in courses] + [1, 1, 1])
    phasing = np.array([course.phasing for course in courses] + [1.0, 1.0, 1.0])
    share = np.clip((worked - begins[project]) / (closes - begins)[project], 0, 1) ** phasing[project]
    task = np.clip(np.floor((share + rng.normal(0, 0.12, len(worked))) * len(TASK_NAMES)), 0, len(TASK_NAMES) - 1)
    internal = rng.random(len(worked)) < 0.03
    return np.where(internal, len(TASK_NAMES), task).astype(np.int64)


def _extra_requests(courses: list[Course], project: Ints, worked: Ints, rng: np.random.Generator) -> Bools:
    """Unpriced scope leaves traces in notes, once it has set in; now and then the words mean nothing."""
    creep = np.array([course.creep for course in courses] + [0.0, 0.0, 0.0])
    sets_in = np.array([course.surfaces for course in courses] + [0, 0, 0])
    chance = np.where(worked >= sets_in[project], 0.8 * creep[project], 0.0) + 0.004
    return np.asarray(rng.random(len(worked)) < chance, dtype=bool)


def _submitted(people: People, person: Ints, worked: Ints, rng: np.random.Generator) -> Ints:
    """Friday afternoon, or days to weeks late; the less diligent the person, the more often."""
    late_chance = 1 / (1 + np.exp(1.75 + 0.6 * people.diligence[person]))
    week_of = person * 100_000 + (worked + 3) // 7
    _, number = np.unique(week_of, return_inverse=True)
    draw = rng.random(number.max() + 1 if len(number) else 0)[number]
    weeks = int(number.max()) + 1 if len(number) else 0
    delay_of_week = np.minimum(2 + rng.geometric(1 / MEAN_DELAY_DAYS, weeks), MAX_DELAY_DAYS)[number]
    friday = worked - weekday(worked) + 4
    handed_in = np.maximum(friday, worked) + np.where(draw < late_chance, delay_of_week, 0)
    hour = rng.uniform(15.0, 18.5, number.max() + 1 if len(number) else 0)[number]
    return np.asarray(handed_in * DAY_SECONDS + (hour * 3600).astype(np.int64), dtype=np.int64)


def _approved(submitted: Ints, rng: np.random.Generator) -> Ints:
    """One to several days after hand-in, on workdays; a few are forgotten for good."""
    wait = 1 + rng.geometric(0.55, len(submitted))
    moment = submitted // DAY_SECONDS + wait
    moment = moment + np.array([0, 0, 0, 0, 0, 2, 1])[weekday(moment)]
    never = rng.random(len(submitted)) < 0.004
    return np.where(never, 0, moment * DAY_SECONDS + rng.integers(9 * 3600, 17 * 3600, len(submitted)))


def slices(work: Work) -> list[slice]:
    """Cut entries, which are in order of hand-in, into pieces whose versions fit into memory."""
    return [slice(first, min(first + SLICE, len(work))) for first in range(0, len(work), SLICE)]


def part_of(work: Work, piece: slice) -> Work:
    """Return a piece of the entries."""
    return Work(**{f.name: getattr(work, f.name)[piece] for f in fields(Work)})


def time_versions(
    work: Work, people: People, courses: list[Course], billed_at: Ints, billed_on: list[str | None]
) -> pl.DataFrame:
    """Return every version of every entry as a frame with plain columns.

    ``billed_at`` is the moment the entry got onto an invoice line (0: never) and ``billed_on`` that line's id.
    """
    base = _constant_columns(work, people, courses)
    approver = base["approver_id"]
    frame = base.drop("approver_id").with_columns(pl.Series("hours", work.hours))
    submitted = pl.Series("submitted_at", work.submitted)
    drafted = work.day * DAY_SECONDS + DRAFT_HOUR * 3600
    drafted = np.where((work.ids % DRAFT_EVERY == 0) & (drafted < work.submitted), drafted, 0)
    draft = frame.with_columns(
        pl.Series("hours", work.first_hours), pl.lit("draft").alias("status"), pl.Series("stamp", drafted)
    ).filter(pl.Series(drafted > 0))
    first = frame.with_columns(
        submitted,
        pl.Series("hours", work.first_hours),
        pl.lit("submitted").alias("status"),
        pl.Series("stamp", work.submitted),
    )

    def later(when: Ints, status: str, **extra: pl.Series | pl.Expr) -> pl.DataFrame:
        changed = frame.with_columns(submitted, pl.lit(status).alias("status"), pl.Series("stamp", when), **extra)
        return changed.filter(pl.Series(when > 0))

    approval: Row = {"approved_at": pl.Series(work.approved), "approver_id": approver}
    again = np.where(work.rejected > 0, work.rejected + DAY_SECONDS, 0)
    parts = [
        draft,
        first,
        later(work.corrected, "submitted"),
        later(work.rejected, "rejected"),
        later(again, "submitted"),
        later(work.approved, "approved", **approval),
        later(billed_at, "billed", **approval, invoice_line_id=pl.Series(billed_on, dtype=pl.String)),
        later(work.deleted, "submitted", deleted=pl.lit(True)),
    ]
    return pl.concat(parts, how="diagonal")


def _constant_columns(work: Work, people: People, courses: list[Course]) -> pl.DataFrame:
    """The columns of an entry that no version changes."""
    project_ids = [course.contract.project_id for course in courses] + list(INTERNAL_PROJECTS)
    managers = [people.ids[course.contract.manager] for course in courses]
    width = len(TASK_NAMES) + 1
    tasks = [task_id(course.contract, line, task) for course in courses for line in range(2) for task in range(width)]
    lines = [
        course.contract.lines[min(line, len(course.contract.lines) - 1)].id for course in courses for line in range(2)
    ]
    external = pl.Series(work.project >= 0)
    line_index = np.where(work.project >= 0, work.project * 2 + work.line, 0)
    task_index = np.where(work.project >= 0, line_index * width + work.task, 0)
    bosses = pl.Series([people.ids[int(boss)] for boss in people.manager]).gather(work.person)
    roles = pl.Series([*words.ROLES, ""])
    notes = pl.Series([*TASK_NAMES, "Coordination"]).gather(work.task)
    frame = pl.DataFrame(
        {
            "time_entry_id": pl.Series(work.ids),
            "person_id": pl.Series(people.ids).gather(work.person),
            "project_id": pl.Series(project_ids).gather(
                np.where(work.project >= 0, work.project, len(courses) - 1 - work.project)
            ),
            "task_id": pl.Series(tasks, dtype=pl.String).gather(task_index)
            if tasks
            else pl.Series([], dtype=pl.String),
            "contract_line_id": pl.Series(lines, dtype=pl.String).gather(line_index)
            if lines
            else pl.Series([], dtype=pl.String),
            "work_date": work.day,
            "role": roles.gather(work.role),
            "billable": work.billable,
            "description": pl.select(
                pl.when(pl.Series(work.extra)).then(pl.lit(EXTRA_NOTE)).otherwise(notes)
            ).to_series(),
            "approver_id": pl.Series(managers, dtype=pl.String).gather(np.maximum(work.project, 0)),
        }
    )
    return frame.with_columns(
        ("TE" + pl.col("time_entry_id").cast(pl.String).str.zfill(9)).alias("time_entry_id"),
        pl.when(external).then("task_id").alias("task_id"),
        pl.when(external).then("contract_line_id").alias("contract_line_id"),
        pl.when(external).then("approver_id").otherwise(bosses).alias("approver_id"),
        pl.when(external).then("description").otherwise(pl.lit("Internal")).alias("description"),
    )


def billable_on_time(work: Work, courses: list[Course]) -> Bools:
    """Return which entries are billed by the hour: approved, billable, on a time-and-materials line."""
    by_hour = np.array([[line.method == TM for line in (course.contract.lines * 2)[:2]] for course in courses])
    if not len(by_hour):
        return np.zeros(len(work), dtype=bool)
    billed_so: Bools = by_hour[np.maximum(work.project, 0), work.line]
    due: Bools = work.billable & (work.approved > 0) & (work.deleted == 0) & (work.project >= 0) & billed_so
    return due
