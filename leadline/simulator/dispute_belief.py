"""The best answer to "will this invoice be disputed?" of one who knows the process, but not the latents.

Exact Bayes: a client's temper is standard normal; every earlier invoice whose fate is known by the draft's day, and the
silence of those still out, update it. Integrals over temper and hidden noise are Gaussian quadratures.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.stats import gamma

from leadline.simulator.days import Floats, Ints
from leadline.simulator.disputes import HIDDEN_SPREAD, MAPPING_WEIGHT, REVIEWED, SILENT_SHARE, Grounds
from leadline.simulator.receivables import CHARGED, DISPUTE_DELAY_MIN, DISPUTE_DELAY_SCALE, DISPUTE_DELAY_SHAPE, Fate

TEMPER_NODES, NOISE_NODES = 25, 15
SMALL = 1e-9


def dispute_belief(why: Grounds, fates: list[Fate], clients: int) -> Floats:
    """Return, per invoice, the probability of a dispute (raised or not) given all that is visible at its draft."""
    nodes, weights = hermegauss(TEMPER_NODES)
    prior = np.log(weights / weights.sum())
    at_nodes = _chance_by_temper(why, nodes) * (1 - REVIEWED * why.settled)[:, None]
    settled = np.array([fate.disputed_on or fate.paid_on for fate in fates], dtype=np.int64)
    issued = np.array([fate.invoice.issued for fate in fates], dtype=np.int64)
    final = _log_likelihood(at_nodes, fates)
    belief = np.zeros(len(fates))
    for client in range(clients):
        mine = np.flatnonzero(why.client == client)
        if len(mine):
            evidence = _evidence(why.run[mine], settled[mine], issued[mine], final[mine], at_nodes[mine])
            posterior = np.exp(prior + evidence - evidence.max(axis=1, keepdims=True))
            belief[mine] = (posterior * at_nodes[mine]).sum(axis=1) / posterior.sum(axis=1)
    return belief


def _chance_by_temper(why: Grounds, tempers: Floats) -> Floats:
    """Return the chance of a dispute per invoice and temper, hidden mapping errors and noise integrated out."""
    nodes, weights = hermegauss(NOISE_NODES)
    weights = weights / weights.sum()
    base = why.score[:, None] + why.slope[:, None] * tempers[None, :]
    chance = np.zeros_like(base)
    for error, share in ((0.0, 1 - why.unseen_chance), (MAPPING_WEIGHT, why.unseen_chance)):
        for node, weight in zip(nodes, weights, strict=True):
            chance += weight * share[:, None] / (1 + np.exp(-(base + error + HIDDEN_SPREAD * node)))
    return chance


def _log_likelihood(chance: Floats, fates: list[Fate]) -> Floats:
    """Return how likely each invoice's known fate is at each temper: on record, paid short, or paid in full."""
    is_disputed = np.array([fate.disputed_on > 0 for fate in fates])[:, None]
    short = np.array([fate.short_paid for fate in fates])[:, None]
    silent = np.where(short, chance * SILENT_SHARE + (1 - chance) * CHARGED, (1 - chance) * (1 - CHARGED))
    return np.asarray(np.log(np.maximum(np.where(is_disputed, chance * (1 - SILENT_SHARE), silent), SMALL)))


def _evidence(run: Ints, settled: Ints, issued: Ints, final: Floats, chance: Floats) -> Floats:
    """Sum, for each of one client's invoices, the log-likelihood of what was known of the others when it was drafted.

    Of an invoice that is out and silent it is known that no dispute was raised so far. Runs are at dawn: what a day
    brings is known from the next one on.
    """
    known = (settled[None, :] < run[:, None]).astype(np.float64)
    evidence = known @ final
    waiting, other = np.nonzero((issued[None, :] < run[:, None]) & (settled[None, :] >= run[:, None]))
    age = run[waiting] - issued[other]
    raised_by_now = gamma.cdf(age - DISPUTE_DELAY_MIN, DISPUTE_DELAY_SHAPE, scale=DISPUTE_DELAY_SCALE)[:, None]
    silence = np.log(1 - chance[other] * (1 - SILENT_SHARE) * raised_by_now)
    np.add.at(evidence, waiting, silence)
    return evidence
