"""Not a toy: how hard a simulated firm is, and how much of that anybody could overcome."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from leadline.evaluator import anomaly_reference
from leadline.evaluator.firm_figures import SETTLED_DAYS, Figure
from leadline.evaluator.learners import Invoices, area, boosted, invoices_of, logistic
from leadline.evaluator.sealed import description, read

SMALL, LARGE = 3_000, 25_000
REPEATS = 4
# Where a world is smaller than size m, this share of its invoices is learned from at most.
MAX_LEARNED = 0.75


def bands(world: Path, *, seed: int = 0) -> list[Figure]:
    """Return the bands of a simulated firm: the targets apply to size m.

    Raises:
        UsageError: the folder is no simulated firm.
        IntegrityError: its truth is incomplete.
    """
    rng = np.random.default_rng(seed)
    invoices = invoices_of(read(world, "disputes"))
    return [
        *_disputes(world, invoices),
        *_learning(invoices, rng, seed),
        *_wins(world),
        *_margins(world),
        anomaly_reference.band(world, seed=seed),
    ]


def _disputes(world: Path, invoices: Invoices) -> Iterator[Figure]:
    rows, label = read(world, "disputes"), invoices.label
    observable = area(label, rows["observable"].to_numpy())
    full = area(label, rows["chance"].to_numpy())
    single = [area(label, invoices.table[:, column]) for column in range(len(invoices.names))]
    strongest = max(max(value, 1 - value) for value in single)
    yield Figure("dispute: observable-Bayes", observable, 0.72, 0.80, "AUC", "exact posterior at the draft")
    yield Figure(
        "dispute: full latent gain", full - observable, 0.05, 0.30, "AUC", "true chance beyond observable-Bayes"
    )
    yield Figure("dispute: strongest single fact", strongest, 0.5, 0.70, "AUC", "best visible fact apart from history")
    yield Figure("dispute: history alone", area(label, invoices.history), 0.60, 0.70, "AUC", "client's past share")


def _learning(invoices: Invoices, rng: np.random.Generator, seed: int) -> Iterator[Figure]:
    """Learning curve, logistic beside boosting, and the price of learning before the change of regime."""
    count = len(invoices.label)
    large = min(LARGE, int(MAX_LEARNED * count))
    small = large * SMALL // LARGE
    few, many, straight = [], [], []
    for _ in range(REPEATS):
        order = rng.permutation(count)
        few.append(boosted(invoices, order[:small], order[large:], seed=seed))
        many.append(boosted(invoices, order[:large], order[large:], seed=seed))
        straight.append(logistic(invoices, order[:large], order[large:]))
    rise, gap = float(np.mean(many) - np.mean(few)), float(np.mean(many) - np.mean(straight))
    yield Figure("dispute: learning curve", rise, 0.005, 0.2, "AUC", f"gain from {small:,} to {large:,} invoices")
    yield Figure("dispute: boosting over logistic", gap, -0.2, 0.02, "AUC", f"at {large:,} invoices")
    lost = _regime(invoices, rng, seed)
    if lost is not None:
        yield Figure("dispute: change of regime", lost, 0.01, 0.2, "AUC", "lost by learning before it")


def _regime(invoices: Invoices, rng: np.random.Generator, seed: int) -> float | None:
    """Return the AUC lost by learning before the change; None where a firm is too young to have seen it."""
    before, after = np.flatnonzero(~invoices.changed), np.flatnonzero(invoices.changed)
    if min(len(before), len(after)) < 100:
        return None
    lost = []
    for _ in range(REPEATS):
        order, half = rng.permutation(after), len(after) // 2
        size = min(half, len(before))
        old = boosted(invoices, rng.permutation(before)[:size], order[half:], seed=seed)
        lost.append(boosted(invoices, order[:size], order[half:], seed=seed) - old)
    return float(np.mean(lost))


def _wins(world: Path) -> Iterator[Figure]:
    deals = read(world, "deals")
    won = deals["won"].cast(float).to_numpy()
    observable, full = (area(won, deals[name].to_numpy()) for name in ("observable", "chance"))
    yield Figure("win: observable-Bayes", observable, 0.70, 0.78, "AUC", "exact posterior at creation")
    yield Figure("win: full latent gain", full - observable, 0.05, 0.30, "AUC", "true chance beyond observable-Bayes")


def _margins(world: Path) -> Iterator[Figure]:
    until = date.fromisoformat(str(description(world)["as_of"]))
    projects = read(world, "projects")
    over = projects.filter(projects["closes_on"] <= until - timedelta(days=SETTLED_DAYS))
    eroded = over["eroded"].cast(float).to_numpy()
    observable, full = (area(eroded, over[name].to_numpy()) for name in ("observable", "chance"))
    text = "learner on the world sampled again, end of the first quarter of life"
    yield Figure("margin: observable ceiling", observable, 0.78, 0.84, "AUC", text)
    yield Figure("margin: full latent gain", full - observable, 0.05, 0.30, "AUC", "latents beyond the ceiling")
