"""A project's nature: how far it will run over, when that shows, and how clearly its manager sees it.

Everything here is an effect, drawn before anything happens. An overrun has a body that shows from the first week on,
and for some projects a tail that surfaces only when a good part of the work is done.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Mean and spread of the body of an overrun, on the log scale, before what is known of project and people.
BODY, BODY_SPREAD = 0.105, 0.135
# What complexity, the manager's quality, the seller's optimism, the team's fit and a discount add to it, per unit.
COMPLEXITY, QUALITY, OPTIMISM, TEAM, DISCOUNT = 0.07, -0.05, 0.045, -0.35, 0.6
USUAL_TEAM, USUAL_DISCOUNT = 0.68, 0.06
# Chance of a tail, what a deviation of complexity adds to it, and its size: a least and a gamma distribution.
TAIL, TAIL_BY_COMPLEXITY, TAIL_LEAST, TAIL_SHAPE, TAIL_SCALE = 0.16, 0.015, 0.12, 2.0, 0.095
# Share of the work done when a tail surfaces.
SURFACES = (0.3, 0.8)
# Share of projects whose clients get work that no change order prices, and how much: shape and scale of a gamma.
CREEP_SHARE, CREEP_SHAPE, CREEP_SCALE, MAX_CREEP = 0.3, 1.5, 0.055, 0.5
# How much of the body a manager's reports show from the start, and with how much error.
SENSE, SENSE_SPREAD = 0.7, 0.13


@dataclass(frozen=True)
class Surroundings:
    """What a project's nature hangs on: traits in deviations from the mean; ``team`` is its people's mean true fit."""

    quality: float
    optimism: float
    team: float
    discount: float


@dataclass(frozen=True)
class ProjectTraits:
    """The drawn effects of one project.

    ``body`` and ``tail`` are log overruns; ``creep`` is unpriced work as a share of the planned hours; ``surfaces`` is
    the share of planned time after which the tail shows; ``sensed`` is the log overrun the manager believes in from
    the start; ``insight`` and ``slip_insight`` are lasting errors about total effort and slip, 1 is none; ``phasing``
    bends how phases of work follow progress; ``haste`` scales early work; ``delay`` is a late start in days.
    """

    complexity: float
    body: float
    tail: float
    creep: float
    surfaces: float
    sensed: float
    insight: float
    slip_insight: float
    phasing: float
    haste: float
    slack: float
    delay: int

    @property
    def ratio(self) -> float:
        """Effort over plan, approved changes left out."""
        return float(np.clip(np.exp(self.body + self.tail) + self.creep, 0.72, 2.8))


def draw_traits(around: Surroundings, manager_optimism: float, rng: np.random.Generator) -> ProjectTraits:
    """Draw what a project will be like."""
    complexity = float(rng.normal(0, 1))
    pull = COMPLEXITY * complexity + QUALITY * around.quality + OPTIMISM * around.optimism
    pull += TEAM * (around.team - USUAL_TEAM) + DISCOUNT * (around.discount - USUAL_DISCOUNT)
    body = BODY + pull + BODY_SPREAD * float(rng.normal(0, 1))
    has_tail = rng.random() < TAIL + TAIL_BY_COMPLEXITY * np.clip(complexity, -1.5, 1.5)
    tail = TAIL_LEAST + float(rng.gamma(TAIL_SHAPE, TAIL_SCALE))
    creeps, creep = rng.random() < CREEP_SHARE, float(min(rng.gamma(CREEP_SHAPE, CREEP_SCALE), MAX_CREEP))
    return ProjectTraits(
        complexity=complexity,
        body=body,
        tail=tail if has_tail else 0.0,
        creep=creep if creeps else 0.0,
        surfaces=float(rng.uniform(*SURFACES)),
        sensed=SENSE * body + float(rng.normal(0, SENSE_SPREAD)) - 0.03 * manager_optimism,
        insight=float(np.exp(rng.normal(-0.03, 0.09) - 0.04 * manager_optimism)),
        slip_insight=float(np.exp(rng.normal(-0.3, 0.45))),
        phasing=float(np.exp(rng.normal(0, 0.3))),
        haste=float(rng.uniform(0.93, 1.05)),
        slack=float(rng.normal(0, 0.03)),
        delay=int(rng.choice([0, 0, 0, 7, 14])),
    )
