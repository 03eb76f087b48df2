"""What a project costs and earns in the end, and whether its margin eroded: as it happened, and as it could have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from leadline.simulator.billing import Ledger
from leadline.simulator.contracts import FIXED, MILESTONE, PERCENT, TM
from leadline.simulator.days import Bools, Floats
from leadline.simulator.delivery import Change, Course
from leadline.simulator.streams import Streams

# A margin has eroded when it ends this far under the margin last approved, as a share of revenue.
POINTS = 0.05
PRICED = (FIXED, MILESTONE, PERCENT)
# How often a review at the first quarter fixes something, and what share of the overrun it then saves.
SETTLED, SAVED = 0.5, (0.2, 0.5)


@dataclass(frozen=True)
class Ends:
    """How projects ended, one entry per course, in the contract's currency: final and approved cost and revenue."""

    cost: Floats
    revenue: Floats
    approved_cost: Floats
    approved_revenue: Floats

    @property
    def eroded(self) -> Bools:
        """Whether the final margin is five points or more under the approved one."""
        approved = 1 - self.approved_cost / np.maximum(self.approved_revenue, 1.0)
        return np.asarray(approved - (1 - self.cost / np.maximum(self.revenue, 1.0)) >= POINTS)


def approved(course: Course) -> list[Change]:
    """Return the change orders the client approved."""
    return [change for change in course.changes if change.status == "approved"]


def ends(courses: list[Course], cost: Floats, supplier_cost: Mapping[int, float], ledger: Ledger) -> Ends:
    """Return how the projects of a firm really ended, from hours worked, suppliers paid and invoices sent."""
    billed: dict[int, float] = {}
    for invoice in ledger.invoices:
        billed[invoice.contract.index] = billed.get(invoice.contract.index, 0.0) + invoice.amount
    worked = cost.sum(axis=1)
    agreed = np.array([agreed_revenue(course) for course in courses])
    by_price = np.array([course.contract.deal.method in PRICED for course in courses])
    invoiced = np.array([billed.get(course.contract.index, 0.0) for course in courses])
    indices = [course.contract.index for course in courses]
    return Ends(
        cost=np.array([worked[index] + supplier_cost.get(index, 0.0) for index in indices]),
        revenue=np.where(by_price | (invoiced <= 0), agreed, invoiced),
        approved_cost=np.array([approved_cost(course) for course in courses]),
        approved_revenue=agreed,
    )


def approved_cost(course: Course) -> float:
    """Return plan cost with approved change orders."""
    return course.plan_cost + sum(change.cost for change in approved(course))


def agreed_revenue(course: Course) -> float:
    """Return the contract's value with approved change orders."""
    return course.contract.total + sum(change.value for change in approved(course))


def effort_ratio(course: Course) -> float:
    """Return total effort over planned effort, approved changes included."""
    return course.ratio + sum(change.hours for change in approved(course)) / course.contract.deal.hours


def usual_revenue(course: Course) -> float:
    """Return what a course of this effort earns if billed as agreed: by the hour up to the cap, else by plan."""
    total, effort = 0.0, effort_ratio(course)
    changes = sum(change.value for change in course.changes if change.reflected)
    for number, line in enumerate(course.contract.lines):
        raised = changes if number == course.contract.change_line else 0.0
        if line.method == TM:
            by_hour = line.amount * effort
            total += min(by_hour, line.cap + raised) if line.cap else by_hour
        else:
            total += line.amount + raised
    return total


def saved_by_review(ended: Ends, streams: Streams) -> Floats:
    """Return the cost that a review at the first quarter would have saved each project: the other potential outcome."""
    rng = streams.events("project reviews")
    count = len(ended.cost)
    settled, share = rng.random(count) < SETTLED, rng.uniform(*SAVED, count)
    return np.asarray(np.where(settled, share * np.maximum(ended.cost - ended.approved_cost, 0.0), 0.0))
