"""Who suits a request: past picks blended with how well people deliver, and the chance that goes with it.

A ranker of past picks alone copies them, bias and all; so the expected rating always has its part in the blend.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from leadline.kernel.errors import InsufficientDataError
from models.framework.artefact import from_json, to_json
from models.framework.boosting import matrix
from models.framework.one_thread import one_thread
from models.framework.parameters import keep
from models.framework.risk_model import Artefact
from models.staffing_match.outcome import expected_rating, fit_outcome
from models.staffing_match.parameter_file import Grades, Parameters, parameters
from models.staffing_match.rank import (
    DIGITS,
    Array,
    fit_line,
    fit_trees,
    line_score,
    rounded,
    scaling,
    tree_score,
)

LEARNED, TREES = "learned.json", "ranker.txt"


@one_thread()
def fit_score(examples: pl.DataFrame, chosen: Parameters, *, seed: int) -> Artefact:
    """Learn ranker, outcome, blend and probability. Files: ``learned.json`` and ``ranker.txt``.

    The probability is calibrated on every span of time as scored by a fit that did not see it.

    Raises:
        InsufficientDataError: too few filled requests whose accepted person is among the candidates.
    """
    labelled = examples.filter(pl.col("label").is_not_null() & (pl.col("label").max().over("query") > 0))
    rows = labelled.sort("observed_at", "query", "person_id")
    order = rows["query"].unique(maintain_order=True)
    least = chosen.examples.min_requests
    if len(order) < least:
        raise InsufficientDataError(
            "Too few filled role requests to learn from.",
            where="staffing_match",
            expected=f"at least {least} requests with an accepted proposal",
            found=str(len(order)),
            next_step="record proposals and their outcome; until then the hand-set weights are used",
        )
    slope, offset = _calibrate(rows, _held_out(rows, order, chosen, seed=seed), chosen.grades)
    learned = {**_learn(rows, chosen, seed=seed), "slope": slope, "offset": offset}
    trees = learned.pop(TREES)
    return {LEARNED: to_json(learned), TREES: trees, **keep(chosen)}


@one_thread()
def suitability(rows: pl.DataFrame, artefact: Artefact | None) -> Array:
    """Return how well each person suits the request, comparable within a request only; higher is better."""
    if artefact is None:
        return hand_score(rows, parameters())
    return _blend(rows, _opened(artefact), Parameters.trained_with(artefact))


@one_thread()
def chance(rows: pl.DataFrame, artefact: Artefact | None) -> Array:
    """Return the probability that each person, if proposed, is accepted and delivers well (``grades.good``)."""
    score = suitability(rows, artefact)
    chosen = parameters() if artefact is None else Parameters.trained_with(artefact)
    edge = chosen.chance.edge
    if artefact is None:
        return np.clip(chosen.hand.chance * score, edge, 1 - edge)
    learned = from_json(artefact, LEARNED)
    logit = learned["slope"] * score + learned["offset"]
    return np.asarray(np.clip(1 / (1 + np.exp(-logit)), edge, 1 - edge), dtype=np.float64)


def hand_score(rows: pl.DataFrame, chosen: Parameters) -> Array:
    """Return the weighted sum of what a resource manager looks at first, 0 to 1; unknown counts half."""
    parts = {
        **{name: pl.col(name) for name in ("coverage", "availability", "same_role", "same_region", "past_rating")},
        "seniority_fit": 1.0 - (pl.col("seniority_gap").abs() / 3.0).clip(0.0, 1.0),
        "with_client": pl.col("with_client").clip(0.0, 1.0),
    }
    weights = chosen.hand.weights.model_dump()
    total = pl.sum_horizontal(weight * parts[name].cast(pl.Float64).fill_null(0.5) for name, weight in weights.items())
    return rows.select(total.alias("score"))["score"].to_numpy()


def _opened(artefact: Artefact) -> dict[str, Any]:
    return {**from_json(artefact, LEARNED), TREES: artefact[TREES]}


def _learn(rows: pl.DataFrame, chosen: Parameters, *, seed: int) -> dict[str, Any]:
    learned: dict[str, Any] = scaling(matrix(rows, chosen.inputs))
    learned |= {"line": fit_line(rows, learned, chosen), **fit_outcome(rows, learned, chosen)}
    learned[TREES] = fit_trees(rows, chosen, seed=seed)
    parts = {
        "line": line_score(rows, learned, chosen),
        "trees": tree_score(rows, learned[TREES], chosen),
        "rating": expected_rating(rows, learned, chosen),
    }
    sizes = {name: rounded([float(part.mean()), max(float(part.std()), 1e-6)]) for name, part in parts.items()}
    return {**learned, "sizes": sizes}


def _held_out(rows: pl.DataFrame, order: pl.Series, chosen: Parameters, *, seed: int) -> Array:
    """Score each span of time by a fit on the others."""
    count = chosen.examples.spans
    span = pl.DataFrame({"query": order, "span": np.arange(len(order)) * count // len(order)})
    spans = rows.join(span, on="query", how="left", maintain_order="left")["span"].to_numpy()
    score = np.zeros(rows.height)
    for held in range(count):
        inside = spans == held
        score[inside] = _blend(rows.filter(inside), _learn(rows.filter(~inside), chosen, seed=seed), chosen)
    return score


def _picks(rows: pl.DataFrame, learned: Mapping[str, Any], chosen: Parameters) -> Array:
    if not rows.height:
        return np.zeros(0)
    line = _sized(line_score(rows, learned, chosen), learned["sizes"]["line"])
    trees = _sized(tree_score(rows, learned[TREES], chosen), learned["sizes"]["trees"])
    part = chosen.picks.trees_part
    return (line + part * trees) / (1 + part)


def _blend(rows: pl.DataFrame, learned: Mapping[str, Any], chosen: Parameters) -> Array:
    """Mix past picks and expected rating, each in its own deviations."""
    rating = _sized(expected_rating(rows, learned, chosen), learned["sizes"]["rating"])
    share = chosen.outcome.share
    return (1 - share) * _picks(rows, learned, chosen) + share * rating


def _sized(part: Array, size: list[float]) -> Array:
    return (part - size[0]) / size[1]


def _calibrate(rows: pl.DataFrame, score: Array, grades: Grades) -> tuple[float, float]:
    """Platt's line on those who were proposed: only they could be accepted.

    The accepted who are not rated yet count as good in the share in which the rated were.
    """
    from sklearn.linear_model import LogisticRegression

    proposed = rows["is_proposed"].to_numpy()
    good = rows.select(_good(grades))["good"].to_numpy()[proposed]
    rate = float(np.clip(good.mean() if len(good) else grades.unrated / 2, 0.01, 0.99))
    flat = (0.0, round(float(np.log(rate / (1 - rate))), DIGITS))
    if not len(good) or good.min() == good.max():
        return flat
    x = np.concatenate([score[proposed], score[proposed]]).reshape(-1, 1)
    y = np.concatenate([np.ones(len(good)), np.zeros(len(good))])
    line = LogisticRegression(C=1.0, max_iter=400).fit(x, y, sample_weight=np.concatenate([good, 1 - good]))
    slope = float(line.coef_[0][0])
    return (round(slope, DIGITS), round(float(line.intercept_[0]), DIGITS)) if slope > 0 else flat


def _good(grades: Grades) -> pl.Expr:
    """Whether the person was accepted and delivered well: 1, 0, or for the unrated the share among the rated."""
    well = (pl.col("rating") >= grades.good).cast(pl.Float64)
    usual = well.mean().fill_null(grades.unrated)
    accepted = pl.when(pl.col("label") > 0).then(well.fill_null(usual))
    return accepted.fill_null(0.0).alias("good")
