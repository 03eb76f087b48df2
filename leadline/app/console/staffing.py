"""The staffing desk as the last staffing score saw it, kept until the data or the score change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from leadline.app.console.snapshot_cache import SnapshotCache
from leadline.kernel.project import activate

if TYPE_CHECKING:
    from leadline.tracking import Champion
    from leadline.warehouse.snapshot import Snapshot
    from models.framework.risk_model import Artefact
    from models.staffing_match.desk import Desk
    from models.staffing_match.plan import Plan
    from models.staffing_match.scenario import Conflict, Scenario

SCORE = "staffing_match"
# The longest that a page may take.
SECONDS = 8.0

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Booked:
    """One booking of a person: on what (project, or deal), how firm, how many hours a week, from when to when."""

    project_id: str | None
    opportunity_id: str | None
    is_firm: bool
    hours: float
    start: date
    end: date


@dataclass(frozen=True)
class StaffingPlan:
    """The desk, its plan, and what it was made of.

    ``version`` is empty where the hand weights score. ``names`` of people by id, ``asked`` the skills of each request
    by id and name, ``bookings`` of people by id, the first to end first.
    """

    as_of: datetime
    snapshot_id: str
    version: str
    desk: Desk
    plan: Plan
    names: Mapping[str, str]
    asked: Mapping[str, Sequence[tuple[str, str]]]
    bookings: Mapping[str, Sequence[Booked]]
    reader: Snapshot
    artefact: Artefact | None


@dataclass(frozen=True)
class WhatIf:
    """The desk under a scenario and its plan; ``plan`` is None where ``conflicts`` are in the way, or time ran out."""

    desk: Desk
    plan: Plan | None
    conflicts: Sequence[Conflict]


class StaffingPlans(SnapshotCache[StaffingPlan]):
    """Looks at the desk of the published snapshot."""

    NEEDS = ("staffing_request", "person")

    def _make(self, reader: Snapshot, as_of: datetime, champion: Champion | None) -> StaffingPlan:
        activate()
        from models.staffing_match.desk import VALUE, desk
        from models.staffing_match.plan import optimal_plan

        artefact = champion.artefact if champion else None
        now = desk(reader, as_of=as_of, artefact=artefact)
        return StaffingPlan(
            as_of=as_of,
            snapshot_id=reader.snapshot_id,
            version=f"{SCORE}@{champion.version}" if champion else "",
            desk=now,
            plan=optimal_plan(now.pairs, value=VALUE),
            names=_names(reader, as_of),
            asked=_asked(reader, now, as_of),
            bookings=_bookings(reader, as_of),
            reader=reader,
            artefact=artefact,
        )


def what_if(seen: StaffingPlan, scenario: Scenario) -> WhatIf:
    """Return the whole plan under a scenario, by the score's own optimiser, found within seconds or not at all."""
    from models.staffing_match.scenario import Scenario, conflicts, plan_under, under

    if scenario == Scenario():
        return WhatIf(seen.desk, seen.plan, [])
    then = under(seen.desk, scenario, reader=seen.reader, as_of=seen.as_of, artefact=seen.artefact)
    found = conflicts(then, scenario)
    return WhatIf(then, None if found else plan_under(then, scenario, seconds=SECONDS), found)


def in_the_way(seen: StaffingPlan, pair: Row) -> list[Booked]:
    """Return a candidate's bookings in the weeks of a request."""
    own = seen.bookings.get(pair["person_id"], ())
    return [one for one in own if one.start <= pair["end_date"] and one.end >= pair["begins"]]


def free_from(pair: Row) -> date | None:
    """Return from when in the request's first such week the person has all hours asked for; None where no week is."""
    begins: date = pair["begins"]
    weeks = enumerate(pair["free_by_week"])
    mondays = (pair["first_week"] + timedelta(weeks=n) for n, left in weeks if left >= pair["asked_hours"] - 1e-9)
    return next((max(monday, begins) for monday in mondays), None)


def _names(reader: Snapshot, as_of: datetime) -> dict[str, str]:
    rows = reader.core("person", as_of=as_of).select("person_id", "name").sort("person_id").collect()
    return {person: name for person, name in rows.iter_rows() if name}


def _asked(reader: Snapshot, now: Desk, as_of: datetime) -> dict[str, list[tuple[str, str]]]:
    from features.staffing_match.skills import asked_skills

    skills = reader.core("skill", as_of=as_of).select("skill_id", "name").sort("skill_id").collect()
    names = {skill: name or skill for skill, name in skills.iter_rows()}
    found: dict[str, list[tuple[str, str]]] = {}
    wanted = asked_skills(reader, now.requests, as_of=as_of).sort("request_id", "skill_id")
    for request, skill in wanted.select("request_id", "skill_id").iter_rows():
        found.setdefault(request, []).append((skill, names.get(skill, skill)))
    return found


def _bookings(reader: Snapshot, as_of: datetime) -> dict[str, list[Booked]]:
    columns = ("person_id", "project_id", "opportunity_id", "booking_type", "hours_per_week", "start_date", "end_date")
    rows = reader.rule("int_booking", as_of=as_of, columns=columns)
    found: dict[str, list[Booked]] = {}
    for person, project, deal, kind, hours, start, end in rows.sort("end_date", "start_date").collect().iter_rows():
        found.setdefault(person, []).append(Booked(project, deal, kind != "soft", float(hours or 0), start, end))
    return found
