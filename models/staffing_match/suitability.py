"""Who suits a request: past picks blended with how well people deliver, and the chance that goes with it.

A ranker of past picks alone copies them, bias and all; so the expected rating always has its part in the blend.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from features.staffing_match.frame import FEATURES
from leadline.kernel.errors import InsufficientDataError
from models.framework.artefact import from_json, to_json
from models.framework.boosting import matrix
from models.framework.one_thread import one_thread
from models.framework.risk_model import Artefact
from models.staffing_match.outcome import UNRATED, expected_rating, fit_outcome
from models.staffing_match.rank import (
    DIGITS,
    GOOD_RATING,
    TREES_PART,
    Array,
    fit_line,
    fit_trees,
    line_score,
    rounded,
    scaling,
    tree_score,
)

# Fewer filled requests than this teach less than the hand weights know.
LEAST_REQUESTS = 40
# The expected rating's part in the blend. More finds better deliverers, less copies managers more closely.
OUTCOME_SHARE = 0.25
SPANS = 4
SMALLEST = 0.005
LEARNED, TREES = "learned.json", "ranker.txt"

# The baseline of hand weights; also what speaks before anything was learned. They sum to one.
HAND_WEIGHTS: Mapping[str, float] = {
    "coverage": 0.35,
    "availability": 0.2,
    "seniority_fit": 0.2,
    "same_role": 0.1,
    "same_region": 0.05,
    "with_client": 0.05,
    "past_rating": 0.05,
}
# Untrained, a perfect match is taken to be accepted and to deliver well this often.
HAND_CHANCE = 0.5


@one_thread()
def fit_score(examples: pl.DataFrame, *, seed: int) -> Artefact:
    """Learn ranker, outcome, blend and probability. Files: ``learned.json`` and ``ranker.txt``.

    The probability is calibrated on every span of time as scored by a fit that did not see it.

    Raises:
        InsufficientDataError: fewer than 40 filled requests whose accepted person is among the candidates.
    """
    labelled = examples.filter(pl.col("label").is_not_null() & (pl.col("label").max().over("query") > 0))
    rows = labelled.sort("observed_at", "query", "person_id")
    order = rows["query"].unique(maintain_order=True)
    if len(order) < LEAST_REQUESTS:
        raise InsufficientDataError(
            "Too few filled role requests to learn from.",
            where="staffing_match",
            expected=f"at least {LEAST_REQUESTS} requests with an accepted proposal",
            found=str(len(order)),
            next_step="record proposals and their outcome; until then the hand weights speak",
        )
    slope, offset = _calibrate(rows, _held_out(rows, order, seed=seed))
    learned = {**_learn(rows, seed=seed), "slope": slope, "offset": offset}
    trees = learned.pop(TREES)
    return {LEARNED: to_json(learned), TREES: trees}


@one_thread()
def suitability(rows: pl.DataFrame, artefact: Artefact | None) -> Array:
    """Return how well each person suits the request, comparable within a request only; higher is better."""
    return hand_score(rows) if artefact is None else _blend(rows, _opened(artefact))


@one_thread()
def chance(rows: pl.DataFrame, artefact: Artefact | None) -> Array:
    """Return the probability that each person, if proposed, is accepted and delivers well (rating 0.6 or more)."""
    score = suitability(rows, artefact)
    if artefact is None:
        return np.clip(HAND_CHANCE * score, SMALLEST, 1 - SMALLEST)
    learned = from_json(artefact, LEARNED)
    logit = learned["slope"] * score + learned["offset"]
    return np.asarray(np.clip(1 / (1 + np.exp(-logit)), SMALLEST, 1 - SMALLEST), dtype=np.float64)


def hand_score(rows: pl.DataFrame) -> Array:
    """Return the weighted sum of what a resource manager looks at first, 0 to 1; unknown counts half."""
    parts = {
        **{name: pl.col(name) for name in ("coverage", "availability", "same_role", "same_region", "past_rating")},
        "seniority_fit": 1.0 - (pl.col("seniority_gap").abs() / 3.0).clip(0.0, 1.0),
        "with_client": pl.col("with_client").clip(0.0, 1.0),
    }
    total = pl.sum_horizontal(
        weight * parts[name].cast(pl.Float64).fill_null(0.5) for name, weight in HAND_WEIGHTS.items()
    )
    return rows.select(total.alias("score"))["score"].to_numpy()


def _opened(artefact: Artefact) -> dict[str, Any]:
    return {**from_json(artefact, LEARNED), TREES: artefact[TREES]}


def _learn(rows: pl.DataFrame, *, seed: int) -> dict[str, Any]:
    learned: dict[str, Any] = scaling(matrix(rows, FEATURES))
    learned |= {"line": fit_line(rows, learned), **fit_outcome(rows, learned), TREES: fit_trees(rows, seed=seed)}
    parts = {
        "line": line_score(rows, learned),
        "trees": tree_score(rows, learned[TREES]),
        "rating": expected_rating(rows, learned),
    }
    sizes = {name: rounded([float(part.mean()), max(float(part.std()), 1e-6)]) for name, part in parts.items()}
    return {**learned, "sizes": sizes}


def _held_out(rows: pl.DataFrame, order: pl.Series, *, seed: int) -> Array:
    """Score each of four spans of time by a fit on the other three."""
    span = pl.DataFrame({"query": order, "span": np.arange(len(order)) * SPANS // len(order)})
    spans = rows.join(span, on="query", how="left", maintain_order="left")["span"].to_numpy()
    score = np.zeros(rows.height)
    for held in range(SPANS):
        inside = spans == held
        score[inside] = _blend(rows.filter(inside), _learn(rows.filter(~inside), seed=seed))
    return score


def _picks(rows: pl.DataFrame, learned: Mapping[str, Any]) -> Array:
    if not rows.height:
        return np.zeros(0)
    line = _sized(line_score(rows, learned), learned["sizes"]["line"])
    trees = _sized(tree_score(rows, learned[TREES]), learned["sizes"]["trees"])
    return (line + TREES_PART * trees) / (1 + TREES_PART)


def _blend(rows: pl.DataFrame, learned: Mapping[str, Any]) -> Array:
    """Mix past picks and expected rating, each in its own deviations."""
    rating = _sized(expected_rating(rows, learned), learned["sizes"]["rating"])
    return (1 - OUTCOME_SHARE) * _picks(rows, learned) + OUTCOME_SHARE * rating


def _sized(part: Array, size: list[float]) -> Array:
    return (part - size[0]) / size[1]


def _calibrate(rows: pl.DataFrame, score: Array) -> tuple[float, float]:
    """Platt's line on those who were proposed: only they could be accepted.

    The accepted who are not rated yet count as good in the share in which the rated were.
    """
    from sklearn.linear_model import LogisticRegression

    proposed = rows["is_proposed"].to_numpy()
    good = rows.select(_good())["good"].to_numpy()[proposed]
    rate = float(np.clip(good.mean() if len(good) else UNRATED / 2, 0.01, 0.99))
    flat = (0.0, round(float(np.log(rate / (1 - rate))), DIGITS))
    if not len(good) or good.min() == good.max():
        return flat
    x = np.concatenate([score[proposed], score[proposed]]).reshape(-1, 1)
    y = np.concatenate([np.ones(len(good)), np.zeros(len(good))])
    line = LogisticRegression(C=1.0, max_iter=400).fit(x, y, sample_weight=np.concatenate([good, 1 - good]))
    slope = float(line.coef_[0][0])
    return (round(slope, DIGITS), round(float(line.intercept_[0]), DIGITS)) if slope > 0 else flat


def _good() -> pl.Expr:
    """Whether the person was accepted and delivered well: 1, 0, or for the unrated the share among the rated."""
    well = (pl.col("rating") >= GOOD_RATING).cast(pl.Float64)
    usual = well.mean().fill_null(UNRATED)
    accepted = pl.when(pl.col("label") > 0).then(well.fill_null(usual))
    return accepted.fill_null(0.0).alias("good")
