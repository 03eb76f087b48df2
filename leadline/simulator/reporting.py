"""Status reports: what project managers believe, which trails the truth until the overrun has shown."""

from __future__ import annotations

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.absences import Attendance
from leadline.simulator.days import Floats, at, day
from leadline.simulator.delivery import Course
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams
from leadline.simulator.timesheets import Work
from leadline.simulator.versions import VersionLog

# How fast project managers take in an overrun once it has shown.
LEARNING_DAYS = 40.0
# Spread of the error in a single report, on the log scale.
REPORT_ERROR = 0.05


def weekly_cost(work: Work, people: People, courses: list[Course], attendance: Attendance) -> Floats:
    """Return the labour cost per project and week in the project's currency, from hours and true cost rates."""
    weeks = attendance.works.shape[1] // 7
    fx = np.array(words.BASE_USD)
    inside = work.project >= 0
    project, person = work.project[inside], work.person[inside]
    entity = np.array([course.contract.entity for course in courses], dtype=np.int64)
    rate = people.cost[person] * fx[people.entity[person]] / fx[entity[project]]
    cost = np.zeros((len(courses), weeks))
    week = np.clip((work.day[inside] - attendance.first) // 7, 0, weeks - 1)
    np.add.at(cost, (project, week), rate * work.hours[inside])
    return cost


def believed_percent(course: Course, on: int, optimism: float) -> float:
    """Return the share of work a project manager believes done: effort spent over the total they believe in.

    From the start they sense a part of the overrun; once its tail shows, belief moves towards the true total, seen with
    a lasting error.
    """
    plan = float(max(course.contract.end - course.begins, 7))
    known = [change for change in course.changes if change.status == "approved" and change.decided <= on]
    sensed = plan * float(np.exp(course.traits.sensed))
    sensed += plan * sum(change.hours for change in known) / course.contract.deal.hours
    learnt = 1 - float(np.exp(-max(on - course.surfaces, 0) / LEARNING_DAYS))
    total = sensed + (course.traits.insight * course.effort(course.closes) - sensed) * learnt
    return float(np.clip(course.effort(on) / max(total, 7.0) * (1 + 0.04 * optimism), 0, 0.97))


def record_reports(
    preset: Preset,
    people: People,
    courses: list[Course],
    cost: Floats,
    attendance: Attendance,
    streams: Streams,
    log: VersionLog,
) -> None:
    """Record the reports of every project: weekly on bigger ones, every two or four weeks on the rest."""
    rng = streams.rng("reports")
    cumulative = np.cumsum(cost, axis=1)
    limit = day(preset.as_of)
    for course in courses:
        step = 7 if course.contract.deal.hours > 1.3 * preset.hours_scale else 14 if rng.random() < 0.6 else 28
        last = 0.0
        for on in range(course.begins + step + 4 - (course.begins + 3) % 7, min(course.closes + 7, limit + 1), step):
            last = _report(course, on, last, cumulative, attendance, people, rng, log)


def _report(
    course: Course,
    on: int,
    last: float,
    cumulative: Floats,
    attendance: Attendance,
    people: People,
    rng: np.random.Generator,
    log: VersionLog,
) -> float:
    contract = course.contract
    optimism = float(people.optimism[contract.manager])
    done = on >= course.closes
    believed = 1.0 if done else believed_percent(course, on, optimism) * float(np.exp(rng.normal(0, REPORT_ERROR)))
    stale = not done and rng.random() < 0.25
    percent = round(last if stale else float(np.clip(max(believed, last), 0, 1)), 2)
    spent = float(cumulative[contract.index, min(max((on - attendance.first) // 7, 0), cumulative.shape[1] - 1)])
    forecast = spent if done else max(spent / max(percent, 0.08), spent) * (1 - 0.03 * optimism)
    blend = min(1.0, percent * 1.3)
    known = [change for change in course.changes if change.status == "approved" and change.decided <= on]
    plan = course.plan_cost + sum(change.cost for change in known)
    eac = max(spent, spent if done else blend * forecast + (1 - blend) * max(plan, spent))
    over = eac / max(plan, 1) - 1
    rag = "red" if over > 0.15 + 0.04 * optimism else "amber" if over > 0.05 + 0.03 * optimism else "green"
    finish = course.closes if done else int(contract.end + 0.5 * max(over, 0) * (contract.end - contract.start))
    log.add(
        "project_status",
        at(on, 17 + rng.random()),
        status_id=f"{contract.project_id}-S{(on - course.begins) // 7:03d}",
        project_id=contract.project_id,
        status_date=on,
        percent_complete=percent,
        actual_cost=round(spent, 2),
        etc_cost=round(eac - spent, 2),
        etc_hours=round((eac - spent) / (words.STANDARD_COST_USD / words.BASE_USD[contract.entity]), 1),
        forecast_cost=round(eac, 2),
        forecast_end_date=max(finish, on) if not done else course.closes,
        currency=contract.currency,
        rag=rag,
        comment=("on track", "some pressure on effort", "effort above plan")[("green", "amber", "red").index(rag)],
    )
    return percent
