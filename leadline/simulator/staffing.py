"""Staffing: requests for roles, people proposed by a noisy sense of fit, bookings soft and hard."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.contracts import Contract
from leadline.simulator.days import Floats, Ints, at, day, monday
from leadline.simulator.deals import Deal, role_mix
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams
from leadline.simulator.versions import VersionLog

COHORT_STRIDE = 100_000
HORIZON_WEEKS = 110


@dataclass
class Booking:
    """One person on one project and role; ``end`` is the planned last day, ``hours`` per week."""

    id: str
    request_id: str
    project: int
    person: int
    role: int
    start: int
    end: int
    hours: float
    fit: float
    proposal: dict[str, object] = field(default_factory=dict)


@dataclass
class Desk:
    """The resource desk's state: free hours per person and week, and who worked for which client."""

    preset: Preset
    people: People
    log: VersionLog
    rng: np.random.Generator
    first_week: int
    free: Floats
    known_skill: Ints
    base: int
    requests: int = 0
    bookings: int = 0
    proposals: int = 0
    familiar: set[tuple[int, int]] = field(default_factory=set)
    truth: list[dict[str, object]] = field(default_factory=list)

    def week(self, number: int) -> int:
        """Return the index of the week that holds a day."""
        return max((monday(number) - self.first_week) // 7, 0)


def open_desk(preset: Preset, people: People, streams: Streams, log: VersionLog) -> Desk:
    """Record skills and open the desk with everybody free while employed."""
    rng = streams.rng("staffing")
    first = monday(day(preset.start))
    weeks = (day(preset.as_of) - first) // 7 + HORIZON_WEEKS
    mondays = first + 7 * np.arange(weeks)
    employed = (people.hire[:, None] <= mondays) & (people.leaves[:, None] > mondays + 4) & people.delivers[:, None]
    free = np.where(employed, people.weekly_hours[:, None] * 0.84, 0.0)
    known = np.clip(np.rint(people.skill + rng.normal(0, 0.6, people.skill.shape)), 0, 5).astype(np.int64)
    desk = Desk(preset, people, log, rng, first, free, known, streams.cohort * COHORT_STRIDE)
    _record_person_skills(desk)
    return desk


def _record_person_skills(desk: Desk) -> None:
    start, end = day(desk.preset.start), day(desk.preset.as_of)
    for person in np.flatnonzero(desk.people.delivers):
        joined = max(int(desk.people.hire[person]), start - 200) + 14
        for skill in np.flatnonzero(desk.known_skill[person] > 0):
            level = int(desk.known_skill[person, skill])
            values = {"person_id": desk.people.ids[person], "skill_id": f"SK{int(skill) + 1:03d}"}
            grown = desk.rng.random() < 0.25 and level > 1 and joined < end - 300
            log_level = level - 1 if grown else level
            desk.log.add("person_skill", at(joined, 15), level=log_level, assessed_on=joined, **values)
            if grown:
                when = int(desk.rng.integers(joined + 200, end))
                desk.log.add("person_skill", at(when, 15), level=level, assessed_on=when, **values)


def record_skills(log: VersionLog, preset: Preset) -> None:
    """Record the vocabulary of skills."""
    stamp = at(day(preset.start) - 400, 9)
    serial = 0
    for practice in words.PRACTICES:
        for name in words.SKILLS[practice]:
            serial += 1
            log.add(
                "skill",
                stamp,
                skill_id=f"SK{serial:03d}",
                name=name,
                category=practice,
                description=f"{name} in client work",
            )


def staff(desk: Desk, contract: Contract, soft: list[str]) -> list[Booking]:
    """Raise the requests of a signed contract and fill them as far as people are free.

    ``soft`` are ids of requests the desk already opened for the deal; they are re-used role by role.
    """
    bookings: list[Booking] = []
    for role, share in role_mix(contract.deal):
        weekly = share * contract.deal.hours / contract.deal.weeks
        heads = max(1, int(np.ceil(weekly / 26.0)))
        for _ in range(heads):
            request_id = soft.pop(0) if soft else _new_request_id(desk)
            bookings += _fill(
                desk,
                contract,
                role,
                weekly / heads,
                contract.start,
                contract.end,
                raised=contract.signed,
                request_id=request_id,
            )
    return bookings


def _new_request_id(desk: Desk) -> str:
    desk.requests += 1
    return f"RQ{desk.base + desk.requests:07d}"


def _fill(
    desk: Desk, contract: Contract, role: int, weekly: float, start: int, end: int, *, raised: int, request_id: str
) -> list[Booking]:
    rng, people = desk.rng, desk.people
    weekly = max(round(weekly * 2) / 2, 1.0)
    asked = _ask_skills(desk, contract, request_id, raised)
    values = request_values(contract, request_id, role, weekly, start, end, raised)
    desk.log.add("staffing_request", at(raised, 17), status="open", **values)
    fit = true_fit(people, contract.deal, role, asked)
    person, decided = _propose(
        desk, contract, role, weekly, start, end, raised=raised, request_id=request_id, asked=asked, fit=fit
    )
    if person < 0:
        return []
    desk.log.add("staffing_request", at(decided, 12.2), status="filled", **values)
    desk.bookings += 1
    leaves = int(people.leaves[person])
    booking = Booking(
        f"BK{desk.base + desk.bookings:07d}",
        request_id,
        contract.index,
        person,
        role,
        max(start, decided),
        min(end, leaves),
        weekly,
        float(fit[person]),
    )
    booking.proposal = _accepted(desk)
    desk.familiar.add((person, contract.deal.client))
    first, last = desk.week(booking.start), desk.week(booking.end)
    desk.free[person, first : last + 1] -= weekly
    found = [booking]
    if leaves < end - 21:
        found += _fill(
            desk,
            contract,
            role,
            weekly,
            leaves + 3,
            end,
            raised=max(leaves - int(rng.integers(5, 25)), raised + 1),
            request_id=_new_request_id(desk),
        )
    return found


def _accepted(desk: Desk) -> dict[str, object]:
    return dict(desk.truth[-1]["accepted"])  # type: ignore[call-overload, no-any-return]


def request_values(
    contract: Contract, request_id: str, role: int, weekly: float, start: int, end: int, raised: int
) -> dict[str, object]:
    """Return a request's columns, status aside."""
    return {
        "request_id": request_id,
        "project_id": contract.project_id,
        "opportunity_id": contract.deal.id,
        "role": words.ROLES[role],
        "region": words.REGIONS[contract.entity],
        "seniority": words.ROLE_SENIORITY[role],
        "start_date": start,
        "end_date": end,
        "hours_per_week": weekly,
        "requested_on": raised,
    }


def _ask_skills(desk: Desk, contract: Contract, request_id: str, raised: int) -> list[tuple[int, int]]:
    rng = desk.rng
    practice = contract.deal.practice
    own = len(words.SKILLS[words.PRACTICES[practice]])
    first = sum(len(words.SKILLS[name]) for name in words.PRACTICES[:practice])
    count = int(rng.integers(1, 4))
    skills = [(first + int(skill), int(rng.integers(2, 5))) for skill in rng.permutation(own)[:count]]
    for skill, level in skills:
        desk.log.add(
            "staffing_request_skill",
            at(raised, 17.1),
            request_id=request_id,
            skill_id=f"SK{skill + 1:03d}",
            min_level=level,
        )
    return skills


def true_fit(people: People, deal: Deal, role: int, asked: list[tuple[int, int]]) -> Floats:
    """Return how well each person would deliver a request, 0 to 1: what nobody can see beforehand."""
    gap = np.zeros(len(people.ids))
    for skill, level in asked:
        gap += np.clip(level - people.skill[:, skill], 0, None) / len(asked)
    senior = np.abs(people.seniority - words.ROLE_SENIORITY[role])
    score = 1.3 - 0.75 * gap - 0.45 * senior + 0.45 * people.quality + 0.35 * people.diligence
    score -= 0.35 * (people.entity != deal.entity)
    return np.asarray(1 / (1 + np.exp(-score)))


def _propose(
    desk: Desk,
    contract: Contract,
    role: int,
    weekly: float,
    start: int,
    end: int,
    *,
    raised: int,
    request_id: str,
    asked: list[tuple[int, int]],
    fit: Floats,
) -> tuple[int, int]:
    """Propose up to four people and accept one; return (person, day decided), or (-1, 0) when nobody is free."""
    rng, people = desk.rng, desk.people
    window = desk.free[:, desk.week(start) : desk.week(min(end, start + 12 * 7)) + 1].mean(axis=1)
    possible = (people.hire <= start) & (people.leaves > start + 14) & people.delivers
    possible &= (window >= 0.7 * weekly) & (np.abs(people.role - role) <= 2)
    candidates = np.flatnonzero(possible)
    if not len(candidates):
        return -1, 0
    utility = _desk_utility(desk, contract, role, asked, window, weekly)
    ranked = candidates[np.argsort(-(utility[candidates] + rng.normal(0, 0.5, len(candidates))), kind="stable")]
    shortlist = ranked[: int(rng.choice([1, 2, 3, 4], p=[0.35, 0.3, 0.2, 0.15]))]
    decided = raised + int(rng.integers(1, 8))
    appeal = utility[shortlist] + rng.normal(0, 0.8, len(shortlist)) + 0.8 * fit[shortlist]
    chosen = int(shortlist[int(np.argmax(appeal))])
    accepted: dict[str, object] = {}
    for person in shortlist:
        desk.proposals += 1
        values: dict[str, object] = {
            "proposal_id": f"PR{desk.base + desk.proposals:07d}",
            "request_id": request_id,
            "person_id": people.ids[int(person)],
            "proposed_on": raised + 1,
        }
        desk.log.add("staffing_proposal", at(raised + 1, 9 + rng.random()), status="proposed", **values)
        verdict = "accepted" if person == chosen else ("rejected" if rng.random() < 0.85 else "withdrawn")
        values["decided_on"] = decided
        desk.log.add("staffing_proposal", at(decided, 12), status=verdict, **values)
        if person == chosen:
            accepted = values
    desk.truth.append({"request_id": request_id, "fit": fit, "raised": raised, "accepted": accepted})
    return chosen, decided


def _desk_utility(
    desk: Desk, contract: Contract, role: int, asked: list[tuple[int, int]], window: Floats, weekly: float
) -> Floats:
    """Return how suitable the desk believes each person to be, from what it can see."""
    people = desk.people
    cover = np.zeros(len(people.ids))
    for skill, level in asked:
        cover += np.minimum(desk.known_skill[:, skill] / level, 1.2) / len(asked)
    same_role = np.where(people.role == role, 1.0, -0.4 * np.abs(people.role - role))
    known = np.array([(person, contract.deal.client) in desk.familiar for person in range(len(people.ids))])
    utility = 1.4 * cover + 0.9 * same_role + 0.6 * (people.entity == contract.entity) + 0.5 * known
    return np.asarray(utility + 0.8 * np.clip(window / max(weekly, 1) - 1, -0.5, 1.0))


def soft_book(desk: Desk, deal: Deal) -> list[str]:
    """Open requests and soft bookings for a deal in negotiation; return the ids of those that a win re-uses."""
    rng = desk.rng
    reached = deal.negotiation < deal.closed
    if not reached or rng.random() > 0.5:
        return []
    reused: list[str] = []
    for role, share in role_mix(deal)[:2]:
        request_id = _new_request_id(desk)
        weekly = max(round(share * deal.hours / deal.weeks * 2) / 2, 1.0)
        start = deal.negotiation + 42
        values = {
            "request_id": request_id,
            "opportunity_id": deal.id,
            "role": words.ROLES[role],
            "region": words.REGIONS[deal.entity],
            "seniority": words.ROLE_SENIORITY[role],
            "start_date": start,
            "end_date": start + 7 * deal.weeks,
            "hours_per_week": weekly,
            "requested_on": deal.negotiation,
        }
        desk.log.add("staffing_request", at(deal.negotiation, 17), status="open", **values)
        _soft_assign(desk, deal, role, weekly, request_id)
        if deal.won:
            reused.append(request_id)
        else:
            desk.log.add("staffing_request", at(deal.closed, 17.5), status="cancelled", **values)
    return reused


def _soft_assign(desk: Desk, deal: Deal, role: int, weekly: float, request_id: str) -> None:
    people, rng = desk.people, desk.rng
    window = desk.free[:, desk.week(deal.negotiation + 42)]
    possible = np.flatnonzero(
        (people.role == role)
        & (people.hire <= deal.negotiation)
        & (people.leaves > deal.negotiation + 42)
        & (window > 0)
    )
    if not len(possible):
        return
    person = int(rng.choice(possible))
    desk.bookings += 1
    values = {
        "assignment_id": f"BK{desk.base + desk.bookings:07d}",
        "opportunity_id": deal.id,
        "request_id": request_id,
        "person_id": people.ids[person],
        "role": words.ROLES[role],
        "booking_type": "soft",
        "start_date": deal.negotiation + 42,
        "end_date": deal.negotiation + 42 + 7 * deal.weeks,
        "hours_per_week": weekly,
    }
    desk.log.add("assignment", at(deal.negotiation + 2, 11), status="active", **values)
    desk.log.add("assignment", at(deal.closed, 18), status="cancelled" if not deal.won else "ended", **values)
