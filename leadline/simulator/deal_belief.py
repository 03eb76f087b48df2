"""The best answer to "will this deal be won?" of one who knows the process, but not the latents.

Exact Bayes: a client's loyalty is standard normal and every deal of it decided so far updates it; what is special about
the deal itself is integrated out; and the stages a deal has passed, with the time it took, speak by their likelihood
under a win and under a loss. What a client's other open deals tell of its loyalty is left out: it is next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.stats import norm

from leadline.simulator.days import Floats, Ints
from leadline.simulator.deal import Deal
from leadline.simulator.deals import DWELL_SPREAD, DWELL_WEEKS, HIDDEN_FIT, LOST_AT, LOST_SLOWNESS, LOYALTY
from leadline.simulator.streams import Streams

LOYALTY_NODES, FIT_NODES = 25, 15
# Draws of the time that is left, per deal and day.
TIME_DRAWS = 200
SOON_DAYS = 91


@dataclass(frozen=True)
class Belief:
    """One entry per deal and day asked for: chance of a win at all and within 13 weeks.

    ``observable``: given all that is visible by then; ``full``: given the deal's true chance as well.
    """

    observable: Floats
    observable_13w: Floats
    full: Floats
    full_13w: Floats


def at_creation(deals: list[Deal]) -> Floats:
    """Return, per deal, the chance of a win given all that is visible on the day it is created."""
    chance = _chance_by_loyalty(deals)
    weight = _loyalty(deals, chance, np.arange(len(deals)), np.array([deal.created for deal in deals]))
    return np.asarray((weight * chance).sum(axis=1))


def on_days(deals: list[Deal], which: Ints, days: Ints, streams: Streams) -> Belief:
    """Return the beliefs about deals that are open on given days; ``which`` indexes ``deals``, one per day."""
    chance = _chance_by_loyalty(deals)
    weight = _loyalty(deals, chance, which, days)
    stage, age, odds = _path_odds(deals, which, days)
    soon = _soon(stage, age, streams)
    likely = chance[which] * odds[:, None]
    observable = (weight * likely).sum(axis=1) / (weight * (likely + 1 - chance[which])).sum(axis=1)
    true = np.array([deal.chance for deal in deals])[which]
    full = true * odds / (true * odds + 1 - true)
    return Belief(np.asarray(observable), np.asarray(observable * soon), full, full * soon)


def _chance_by_loyalty(deals: list[Deal]) -> Floats:
    """Return the chance of a win per deal and node of loyalty, what is special about the deal integrated out."""
    loyalties, _ = hermegauss(LOYALTY_NODES)
    nodes, weights = hermegauss(FIT_NODES)
    base = np.array([deal.visible for deal in deals])[:, None] + LOYALTY * loyalties[None, :]
    weights = weights / weights.sum()
    parts = (weight / (1 + np.exp(-(base + HIDDEN_FIT * node))) for node, weight in zip(nodes, weights, strict=True))
    return np.asarray(sum(parts))


def _loyalty(deals: list[Deal], chance: Floats, which: Ints, days: Ints) -> Floats:
    """Return the posterior of the client's loyalty over the nodes, given its deals decided before each day."""
    _, prior = hermegauss(LOYALTY_NODES)
    won = np.array([deal.won for deal in deals])[:, None]
    final = np.log(np.where(won, chance, 1 - chance))
    closed = np.array([deal.closed for deal in deals], dtype=np.int64)
    client = np.array([deal.client for deal in deals], dtype=np.int64)
    evidence = np.zeros((len(which), LOYALTY_NODES))
    for one in np.unique(client[which]):
        rows, past = np.flatnonzero(client[which] == one), np.flatnonzero(client == one)
        known = (closed[past][None, :] < days[rows][:, None]).astype(np.float64)
        evidence[rows] = known @ final[past]
    weight = prior * np.exp(evidence - evidence.max(axis=1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def _path_odds(deals: list[Deal], which: Ints, days: Ints) -> tuple[Ints, Floats, Floats]:
    """Return stage, days in it, and how much likelier the path so far is for a deal that will be won."""
    reaches = np.cumsum(np.array(LOST_AT)[::-1])[::-1]
    stages, ages, odds = np.zeros(len(which), dtype=np.int64), np.zeros(len(which)), np.zeros(len(which))
    for row, (number, on) in enumerate(zip(which.tolist(), days.tolist(), strict=True)):
        entered = [when for when, stage in deals[number].path if when < on and stage < len(DWELL_WEEKS)]
        stage = len(entered) - 1
        log_odds = -float(np.log(reaches[stage]))
        for number_of_stage, gap in enumerate(np.diff(entered)):
            log_odds += _log_density(gap, number_of_stage, 1.0) - _log_density(gap, number_of_stage, LOST_SLOWNESS)
        stages[row], ages[row], odds[row] = stage, on - entered[-1], log_odds
    staying = norm.logsf(_standard(ages, stages, 1.0)) - norm.logsf(_standard(ages, stages, LOST_SLOWNESS))
    return stages, ages, np.asarray(np.exp(odds + staying))


def _log_density(gap: float, stage: int, slow: float) -> float:
    """Log density of a stage's length on the log scale; constants that cancel between win and loss are left out."""
    return -0.5 * float(_standard(np.array([gap]), np.array([stage]), slow)[0]) ** 2


def _standard(lengths: Floats, stages: Ints, slow: float) -> Floats:
    """Return log lengths as deviations from their median, in units of their spread."""
    median = 7 * slow * np.array(DWELL_WEEKS)[stages]
    return np.asarray(np.log(np.maximum(lengths, 1.0) / median) / DWELL_SPREAD)


def _soon(stage: Ints, age: Floats, streams: Streams) -> Floats:
    """Return the chance that a deal that will be won is decided within 13 weeks, given its stage and age in it."""
    rest = time_left(stage, age, streams.rng("time left"), TIME_DRAWS)
    return np.asarray((rest < SOON_DAYS).mean(axis=1))


def time_left(stage: Ints, age: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """Return drawn days until the decision of deals that will be won: one row per deal, one column per draw."""
    uniform = rng.random((len(stage), draws))
    passed = norm.cdf(_standard(age, stage, 1.0))[:, None]
    deviation = norm.ppf(np.clip(passed + (1 - passed) * uniform, 1e-9, 1 - 1e-9))
    length = 7 * np.array(DWELL_WEEKS)[stage][:, None] * np.exp(DWELL_SPREAD * deviation)
    rest = np.maximum(length - age[:, None], 0.0)
    for later in range(1, len(DWELL_WEEKS)):
        more = 7 * DWELL_WEEKS[later] * np.exp(rng.normal(0, DWELL_SPREAD, rest.shape))
        rest += np.where((stage < later)[:, None], np.maximum(more, 2.0), 0.0)
    return np.asarray(rest)
