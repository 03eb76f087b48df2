"""Staffing: requests for roles, people proposed by a noisy sense of fit, bookings soft and hard."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.contracts import Contract
from leadline.simulator.days import Floats, Ints, at, day, monday
from leadline.simulator.deal import Deal
from leadline.simulator.deals import role_mix
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams
from leadline.simulator.versions import Row, VersionLog

COHORT_STRIDE = 100_000
HORIZON_WEEKS = 110
# From negotiation to the first day of work, as sellers usually expect it.
EXPECTED_LEAD_DAYS = 42
# What moves the desk beside suitability: rapport between manager and person, and a bias against one group that no
# system records. Neither has anything to do with how well the work is then done.
RAPPORT, BIAS = 0.5, 0.4
# Share of recorded skills that have grown since they were assessed, and of those that are ever assessed again.
GROWN, REASSESSED = 0.45, 0.55
# True fit on the log-odds scale: a perfect match, a level short in every skill, a step of seniority, the person's
# quality and diligence, another company of the firm.
MATCH, GAP, SENIORITY, QUALITY, DILIGENCE, ABROAD = 1.9, -0.75, -0.45, 0.45, 0.35, -0.35
# Errors of an outcome's rating and of recorded skills, on the same scale.
RATING_ERROR, RECORD_ERROR = 0.55, 0.4

Asked = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Request:
    """One request for a role: its number, the day it was raised and the skills asked for with their least level."""

    id: str
    role: int
    raised: int
    asked: Asked


@dataclass(frozen=True)
class RequestTruth:
    """How well each person would truly deliver a request, what could be known of that, who was proposed and picked.

    ``observable`` is the best guess at ``fit`` from recorded skills and the ratings of earlier work.
    """

    request_id: str
    opened: int
    fit: Floats
    observable: Floats
    proposed: tuple[int, ...]
    picked: int


@dataclass
class Booking:
    """One person on one project and role; ``end`` is the planned last day, ``hours`` per week.

    ``expected`` is the fit on paper, in log-odds, without what ratings tell of the person.
    """

    id: str
    request_id: str
    project: int
    person: int
    role: int
    start: int
    end: int
    hours: float
    fit: float
    expected: float
    proposal: Row = field(default_factory=dict)


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
    truth: list[RequestTruth] = field(default_factory=list)
    ratings: dict[int, list[tuple[int, float]]] = field(default_factory=dict)

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
            values: Row = {"person_id": desk.people.ids[person], "skill_id": f"SK{int(skill) + 1:03d}"}
            grown = desk.rng.random() < GROWN and level > 1 and joined < end - 300
            first_level = level - 1 if grown else level
            desk.log.add("person_skill", at(joined, 15), level=first_level, assessed_on=joined, **values)
            if grown and desk.rng.random() < REASSESSED:
                when = int(desk.rng.integers(joined + 200, end))
                desk.log.add("person_skill", at(when, 15), level=level, assessed_on=when, **values)


def record_skills(log: VersionLog, preset: Preset) -> None:
    """Record the vocabulary of skills, grouped under one broader skill per practice."""
    stamp = at(day(preset.start) - 2_900, 9)
    serial = 0
    for number, practice in enumerate(words.PRACTICES, start=1):
        group = f"SK9{number:02d}"
        log.add("skill", stamp, skill_id=group, name=practice, category=practice, description=f"{practice} practice")
        for name in words.SKILLS[practice]:
            serial += 1
            values: Row = {"name": name, "category": practice, "description": f"{name} in client work"}
            log.add("skill", stamp + 1, skill_id=f"SK{serial:03d}", parent_skill_id=group, **values)


def staff(desk: Desk, contract: Contract, soft: dict[int, Request]) -> list[Booking]:
    """Raise the requests of a signed contract and fill them as far as people are free.

    ``soft`` holds by role the requests that the desk opened before signature; each becomes the role's first.
    """
    bookings: list[Booking] = []
    for role, share in role_mix(contract.deal.practice, contract.deal.hours):
        weekly = share * contract.deal.hours / contract.deal.weeks
        heads = max(1, int(np.ceil(weekly / 26.0)))
        for _ in range(heads):
            request = soft.pop(role, None) or _new_request(desk, contract.deal, role, contract.signed)
            span = (contract.start, contract.end)
            bookings += _fill(desk, contract, request, weekly / heads, span, opened=contract.signed)
    return bookings


def _new_request(desk: Desk, deal: Deal, role: int, raised: int) -> Request:
    """Give a request its number and the skills it asks for."""
    desk.requests += 1
    identity = f"RQ{desk.base + desk.requests:07d}"
    return Request(identity, role, raised, _ask_skills(desk, deal, identity, raised))


def _fill(
    desk: Desk, contract: Contract, request: Request, weekly: float, span: tuple[int, int], *, opened: int
) -> list[Booking]:
    """Open a request for a contract and book somebody; whoever leaves early is replaced by a request of its own."""
    people, (start, end) = desk.people, span
    weekly = max(round(weekly * 2) / 2, 1.0)
    values = request_values(contract, request, weekly, start, end)
    desk.log.add("staffing_request", at(opened, 17), status="open", **values)
    fit = true_fit(people, contract.deal, request.role, request.asked)
    paper = visible_fit(desk, contract.deal, request.role, request.asked)
    person, proposal = _propose(desk, contract, request, weekly, span, opened=opened, fit=fit, paper=paper)
    if person < 0:
        return []
    decided, leaves = int(proposal["decided_on"]), int(people.leaves[person])
    desk.log.add("staffing_request", at(decided, 12.2), status="filled", **values)
    desk.bookings += 1
    booking = Booking(
        id=f"BK{desk.base + desk.bookings:07d}",
        request_id=request.id,
        project=contract.index,
        person=person,
        role=request.role,
        start=max(start, decided),
        end=min(end, leaves),
        hours=weekly,
        fit=float(fit[person]),
        expected=float(paper[person]),
        proposal=proposal,
    )
    desk.familiar.add((person, contract.deal.client))
    desk.free[person, desk.week(booking.start) : desk.week(booking.end) + 1] -= weekly
    if leaves >= end - 21:
        return [booking]
    again = max(leaves - int(desk.rng.integers(5, 25)), opened + 1)
    successor = _new_request(desk, contract.deal, request.role, again)
    return [booking, *_fill(desk, contract, successor, weekly, (leaves + 3, end), opened=again)]


def request_values(contract: Contract, request: Request, weekly: float, start: int, end: int) -> Row:
    """Return a request's columns once its deal is signed, status aside."""
    return {
        "request_id": request.id,
        "project_id": contract.project_id,
        "opportunity_id": contract.deal.id,
        "role": words.ROLES[request.role],
        "region": words.REGIONS[contract.deal.region],
        "seniority": words.ROLE_SENIORITY[request.role],
        "start_date": start,
        "end_date": end,
        "hours_per_week": weekly,
        "requested_on": request.raised,
    }


def _ask_skills(desk: Desk, deal: Deal, request_id: str, raised: int) -> tuple[tuple[int, int], ...]:
    """Draw one to three skills of the deal's practice with the least level asked for."""
    rng, practice = desk.rng, deal.practice
    own = len(words.SKILLS[words.PRACTICES[practice]])
    first = sum(len(words.SKILLS[name]) for name in words.PRACTICES[:practice])
    count = int(rng.integers(1, 4))
    skills = tuple((first + int(skill), int(rng.integers(2, 5))) for skill in rng.permutation(own)[:count])
    for skill, level in skills:
        desk.log.add(
            "staffing_request_skill",
            at(raised, 17.1),
            request_id=request_id,
            skill_id=f"SK{skill + 1:03d}",
            min_level=level,
        )
    return skills


def true_fit(people: People, deal: Deal, role: int, asked: Asked) -> Floats:
    """Return how well each person would deliver a request, 0 to 1: what no one can see beforehand."""
    gap = np.zeros(len(people.ids))
    for skill, level in asked:
        gap += np.clip(level - people.skill[:, skill], 0, None) / len(asked)
    senior = np.abs(people.seniority - words.ROLE_SENIORITY[role])
    score = MATCH + GAP * gap + SENIORITY * senior + QUALITY * people.quality + DILIGENCE * people.diligence
    score += ABROAD * (people.entity != deal.entity)
    return np.asarray(1 / (1 + np.exp(-score)))


def visible_fit(desk: Desk, deal: Deal, role: int, asked: Asked) -> Floats:
    """Return the fit that records suggest, in log-odds, of an average person with each person's recorded skills."""
    people = desk.people
    gap = np.zeros(len(people.ids))
    for skill, level in asked:
        gap += np.clip(level - desk.known_skill[:, skill], 0, None) / len(asked)
    senior = np.abs(people.seniority - words.ROLE_SENIORITY[role])
    return np.asarray(MATCH + GAP * gap + SENIORITY * senior + ABROAD * (people.entity != deal.entity))


def best_guess(desk: Desk, paper: Floats, on: int) -> Floats:
    """Return the posterior mean of fit given records and the ratings given before a day.

    Ratings are linear in the person's lasting part with Gaussian errors, so that the posterior has a closed form.
    """
    prior, error = QUALITY**2 + DILIGENCE**2, RATING_ERROR**2 + RECORD_ERROR**2
    lasting = np.zeros(len(paper))
    for person, ratings in desk.ratings.items():
        known = [surprise for rated, surprise in ratings if rated < on]
        lasting[person] = prior * sum(known) / (len(known) * prior + error)
    return np.asarray(1 / (1 + np.exp(-(paper + lasting))))


def _propose(
    desk: Desk,
    contract: Contract,
    request: Request,
    weekly: float,
    span: tuple[int, int],
    *,
    opened: int,
    fit: Floats,
    paper: Floats,
) -> tuple[int, Row]:
    """Propose up to four people and accept one; return person and proposal, or (-1, {}) when no one is free."""
    rng, people, (start, end) = desk.rng, desk.people, span
    window = desk.free[:, desk.week(start) : desk.week(min(end, start + 12 * 7)) + 1].mean(axis=1)
    possible = (people.hire < opened) & (people.leaves > max(start, opened + 10) + 14) & people.delivers
    possible &= (window >= 0.7 * weekly) & (np.abs(people.role - request.role) <= 2)
    candidates = np.flatnonzero(possible)
    if not len(candidates):
        return -1, {}
    utility = _desk_utility(desk, contract, request, window, weekly) + _leaning(people, contract.manager)
    ranked = candidates[np.argsort(-(utility[candidates] + rng.normal(0, 0.5, len(candidates))), kind="stable")]
    shortlist = ranked[: int(rng.choice([1, 2, 3, 4], p=[0.35, 0.3, 0.2, 0.15]))]
    decided = opened + int(rng.integers(3, 20))
    appeal = utility[shortlist] + rng.normal(0, 0.8, len(shortlist)) + 0.8 * fit[shortlist]
    chosen = int(shortlist[int(np.argmax(appeal))])
    accepted: Row = {}
    for person in shortlist:
        proposal = _record_proposal(desk, request, int(person), opened=opened, decided=decided, accept=person == chosen)
        accepted = proposal if person == chosen else accepted
    proposed = tuple(int(person) for person in shortlist)
    desk.truth.append(RequestTruth(request.id, opened, fit, best_guess(desk, paper, opened), proposed, chosen))
    return chosen, accepted


def _leaning(people: People, manager: int) -> Floats:
    """Return what draws the desk to people, and away from them, for no good reason."""
    tastes = people.charm.shape[1]
    rapport = people.charm @ people.charm[manager] / tastes**0.5
    return np.asarray(RAPPORT * rapport - BIAS * people.group)


def _record_proposal(desk: Desk, request: Request, person: int, *, opened: int, decided: int, accept: bool) -> Row:
    desk.proposals += 1
    values: Row = {
        "proposal_id": f"PR{desk.base + desk.proposals:07d}",
        "request_id": request.id,
        "person_id": desk.people.ids[person],
        "proposed_on": opened + 1,
    }
    desk.log.add("staffing_proposal", at(opened + 1, 9 + desk.rng.random()), status="proposed", **values)
    verdict = "accepted" if accept else ("rejected" if desk.rng.random() < 0.85 else "withdrawn")
    values["decided_on"] = decided
    desk.log.add("staffing_proposal", at(decided, 12), status=verdict, **values)
    return values


def _desk_utility(desk: Desk, contract: Contract, request: Request, window: Floats, weekly: float) -> Floats:
    """Return how suitable the desk believes each person to be, from what it can see."""
    people = desk.people
    cover = np.zeros(len(people.ids))
    for skill, level in request.asked:
        cover += np.minimum(desk.known_skill[:, skill] / level, 1.2) / len(request.asked)
    same_role = np.where(people.role == request.role, 1.0, -0.4 * np.abs(people.role - request.role))
    known = np.array([(person, contract.deal.client) in desk.familiar for person in range(len(people.ids))])
    utility = 1.4 * cover + 0.9 * same_role + 0.6 * (people.entity == contract.entity) + 0.5 * known
    return np.asarray(utility + 0.8 * np.clip(window / max(weekly, 1) - 1, -0.5, 1.0))


def soft_book(desk: Desk, deal: Deal) -> dict[int, Request]:
    """Open requests and soft bookings for a deal in negotiation; return by role those that a win re-uses."""
    if deal.negotiation >= deal.closed or desk.rng.random() > 0.5:
        return {}
    reused: dict[int, Request] = {}
    start = deal.negotiation + EXPECTED_LEAD_DAYS
    for role, share in role_mix(deal.practice, deal.hours)[:2]:
        request = _new_request(desk, deal, role, deal.negotiation)
        weekly = max(round(share * deal.hours / deal.weeks * 2) / 2, 1.0)
        values: Row = {
            "request_id": request.id,
            "opportunity_id": deal.id,
            "role": words.ROLES[role],
            "region": words.REGIONS[deal.region],
            "seniority": words.ROLE_SENIORITY[role],
            "start_date": start,
            "end_date": start + 7 * deal.weeks,
            "hours_per_week": weekly,
            "requested_on": deal.negotiation,
        }
        desk.log.add("staffing_request", at(deal.negotiation, 17), status="open", **values)
        _soft_assign(desk, deal, request, weekly, start)
        if deal.won:
            reused[role] = request
        else:
            desk.log.add("staffing_request", at(deal.closed, 17.5), status="cancelled", **values)
    return reused


def _soft_assign(desk: Desk, deal: Deal, request: Request, weekly: float, start: int) -> None:
    people = desk.people
    possible = (people.role == request.role) & (people.hire <= deal.negotiation) & (people.leaves > start)
    candidates = np.flatnonzero(possible & (desk.free[:, desk.week(start)] > 0))
    if not len(candidates):
        return
    desk.bookings += 1
    values: Row = {
        "assignment_id": f"BK{desk.base + desk.bookings:07d}",
        "opportunity_id": deal.id,
        "request_id": request.id,
        "person_id": people.ids[int(desk.rng.choice(candidates))],
        "role": words.ROLES[request.role],
        "booking_type": "soft",
        "start_date": start,
        "end_date": start + 7 * deal.weeks,
        "hours_per_week": weekly,
    }
    booked = at(min(deal.negotiation + 2, deal.closed), 11)
    desk.log.add("assignment", booked, status="active", **values)
    desk.log.add("assignment", at(deal.closed, 18), status="ended" if deal.won else "cancelled", **values)
