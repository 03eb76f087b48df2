"""The best answer to "will this margin erode?" at the end of a project's first quarter of life.

There is no closed form, so the world is sampled again: every contract gets many natures and courses of the same
process, a learner sees what could be seen of each by then and how it ended, and speaks about projects it has not
learned from. With so many examples what it reaches is close to the best that anybody could.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import lightgbm
import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.contracts import TM
from leadline.simulator.days import Bools, Floats, Ints, day
from leadline.simulator.delivery import Course, draw_course, manager_optimism, surroundings
from leadline.simulator.overruns import Ends, agreed_revenue, approved_cost, effort_ratio, usual_revenue
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.project_traits import USUAL_TEAM, draw_traits
from leadline.simulator.reporting import REPORT_ERROR, believed_percent
from leadline.simulator.streams import Streams

SAMPLES, FOLDS = 16, 4
QUARTER, SETTLING_DAYS = 0.25, 45
# The reports of a quarter are read together; the last one is this old at most.
REPORTS, REPORT_AGE_DAYS = 3, 14
PRIOR_PROJECTS = 4.0
PARAMS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 80,
    "lambda_l2": 10.0,
    "feature_fraction": 0.7,
    "verbose": -1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
}
ROUNDS = 150


@dataclass(frozen=True)
class MarginBelief:
    """One entry per course: the chance of erosion from what is visible at the first quarter, and from the latents."""

    observable: Floats
    full: Floats


def quarter_on(course: Course) -> int:
    """Return the last day of the first quarter of a project's planned life."""
    contract = course.contract
    return int(contract.start + QUARTER * (contract.end - contract.start))


def margin_belief(preset: Preset, people: People, courses: list[Course], ended: Ends, streams: Streams) -> MarginBelief:
    """Return what the learner says of every project when it has learned from other contracts only."""
    rng = streams.rng("margin sampled again")
    state = _ProjectState(people, courses, ended)
    misses = _misses(preset, courses, ended, rng)
    seen, latent, eroded, group = [], [], [], []
    for number, course in enumerate(courses):
        for _ in range(SAMPLES):
            again = _again(course, people, preset, rng)
            seen.append(state.seen(number, again, rng))
            latent.append(_latent(again, misses[number]))
            eroded.append(_ends_badly(again, misses[number]))
            group.append(number % FOLDS)
    now = np.array([state.seen(number, course, rng) for number, course in enumerate(courses)])
    hidden = np.array([_latent(course, miss) for course, miss in zip(courses, misses, strict=True)])
    table, label, fold = np.array(seen), np.array(eroded), np.array(group)
    here = np.arange(len(courses), dtype=np.int64) % FOLDS
    return MarginBelief(
        observable=_cross_fitted(table, label, fold, now, here),
        full=_cross_fitted(np.hstack([table, np.array(latent)]), label, fold, np.hstack([now, hidden]), here),
    )


def _again(course: Course, people: People, preset: Preset, rng: np.random.Generator) -> Course:
    """Draw another nature and course for the same contract and people."""
    contract = course.contract
    team = float(np.mean([booking.fit for booking in course.bookings])) if course.bookings else USUAL_TEAM
    drawn = draw_traits(surroundings(contract, people, team), manager_optimism(contract, people), rng)
    again = draw_course(contract, drawn, preset, rng)
    again.bookings, again.plan_cost, again.plan_hours = course.bookings, course.plan_cost, course.plan_hours
    return again


def _misses(preset: Preset, courses: list[Course], ended: Ends, rng: np.random.Generator) -> Floats:
    """Return, per course, how far cost and revenue ended from what its effort suggests, on the log scale.

    That hangs on the people and their weeks, which are the same when the project is drawn again. Of projects that are
    not over yet it is not known: they get the miss of one that is.
    """
    over = np.array([course.closes <= day(preset.as_of) - SETTLING_DAYS for course in courses])
    expected = np.array([(course.plan_cost * effort_ratio(course), usual_revenue(course)) for course in courses])
    real = np.column_stack([ended.cost, ended.revenue])
    known = over & (expected > 0).all(axis=1) & (real > 0).all(axis=1)
    miss = np.log(np.where(known[:, None], real / np.maximum(expected, 1.0), 1.0))
    return np.where(known[:, None], miss, miss[rng.choice(np.flatnonzero(known), size=len(courses))])


def _ends_badly(course: Course, miss: Floats) -> bool:
    cost = course.plan_cost * effort_ratio(course) * np.exp(miss[0])
    agreed = agreed_revenue(course)
    by_hour = any(line.method == TM for line in course.contract.lines)
    revenue = usual_revenue(course) * np.exp(miss[1]) if by_hour else agreed
    made = Ends(*(np.array([value]) for value in (cost, revenue, approved_cost(course), agreed)))
    return bool(made.eroded[0])


def _latent(course: Course, miss: Floats) -> list[float]:
    traits = course.traits
    earned = usual_revenue(course) / max(agreed_revenue(course), 1.0)
    return [traits.body, traits.tail, course.creep, traits.complexity, effort_ratio(course), earned, *miss]


class _ProjectState:
    """What is on paper about managers, sellers and teams when a project has lived a quarter of its planned life."""

    def __init__(self, people: People, courses: list[Course], ended: Ends) -> None:
        self._people, self._courses = people, courses
        self._past: dict[tuple[str, int], list[tuple[int, float]]] = defaultdict(list)
        for course, cost in zip(courses, ended.cost.tolist(), strict=True):
            overrun = float(np.log(max(cost, 1.0) / max(approved_cost(course), 1.0)))
            for key in _keys(course):
                self._past[key].append((course.closes, overrun))

    def seen(self, number: int, course: Course, rng: np.random.Generator) -> list[float]:
        """Return a row of what is visible of a course at its first quarter; ``number`` is its place in the firm."""
        on, contract = quarter_on(course), course.contract
        deal, plan = contract.deal, max(contract.end - contract.start, 7)
        reported_on = on - int(rng.integers(0, REPORT_AGE_DAYS))
        optimism = manager_optimism(contract, self._people)
        error = float(np.exp(rng.normal(0, REPORT_ERROR / REPORTS**0.5)))
        percent, effort = believed_percent(course, reported_on, optimism) * error, course.effort(reported_on)
        asked = [change for change in course.changes if change.requested <= on]
        agreed = [change for change in asked if change.status == "approved" and change.decided <= on]
        caps = [line.cap / line.amount for line in contract.lines if line.cap and line.amount]
        return [
            float(deal.method),
            float(np.log(deal.hours)),
            float(deal.weeks),
            deal.discount,
            caps[0] if caps else 0.0,
            float(course.plan_cost / max(contract.total, 1.0)),
            float(len(course.bookings)),
            self._rate(number),
            percent * plan / max(effort, 1.0),
            percent / max(reported_on - contract.start, 1) * plan,
            course.effort(on) / max(on - course.begins, 1),
            float(course.begins - contract.start),
            float(len(asked)),
            sum(change.hours for change in agreed) / deal.hours,
            sum(change.hours for change in asked if change not in agreed) / deal.hours,
            *(self._track(key, on) for key in _keys(course)),
        ]

    def _rate(self, number: int) -> float:
        """Return what the team costs per hour against the standard cost of its roles."""
        bookings, people = self._courses[number].bookings, self._people
        fx = np.array(words.BASE_USD)
        cost = sum(b.hours * people.cost[b.person] * fx[people.entity[b.person]] for b in bookings)
        standard = sum(b.hours * words.ROLE_COST_USD[b.role] for b in bookings)
        return float(np.log(cost / standard)) if bookings else 0.0

    def _track(self, key: tuple[str, int], on: int) -> float:
        """Return the mean log overrun of the projects of a manager, seller or practice that ended before, shrunk."""
        ended = [overrun for closes, overrun in self._past[key] if closes < on]
        return float(sum(ended) / (len(ended) + PRIOR_PROJECTS))


def _keys(course: Course) -> tuple[tuple[str, int], ...]:
    deal = course.contract.deal
    return ("manager", course.contract.manager), ("seller", deal.seller), ("practice", deal.practice)


def _cross_fitted(table: Floats, label: Bools, fold: Ints, now: Floats, here: Ints) -> Floats:
    """Learn from all folds but one, speak about that one."""
    chance = np.zeros(len(now))
    for one in range(FOLDS):
        in_training = fold != one
        data = lightgbm.Dataset(table[in_training], label[in_training].astype(np.float64))
        chance[here == one] = lightgbm.train(PARAMS, data, ROUNDS).predict(now[here == one])
    return chance
