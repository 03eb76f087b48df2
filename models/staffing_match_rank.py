"""Who suits a request: a ranker of past picks blended with what delivered well, and the chance that goes with it.

A ranker alone copies past picks and their bias; so how well the accepted were rated always has its part in the blend.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.staffing_match import FEATURES
from leadline.kernel.errors import InsufficientDataError
from models.artefact import from_json, to_json
from models.boosting import matrix, open_booster, train_booster
from models.metrics import ndcg_at
from models.risk_model import Artefact

Array = NDArray[np.float64]

# Fewer filled requests than this teach less than the hand weights know.
LEAST_REQUESTS = 40
# A rating from here on counts as delivered well.
GOOD_RATING = 0.6
# Stands for the rating of an accepted person until it is given.
UNRATED = 0.6
ROUNDS = 100
PARAMS = {
    "objective": "lambdarank",
    "num_leaves": 8,
    "learning_rate": 0.06,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.7,
    "lambda_l2": 5.0,
    "lambdarank_truncation_level": 12,
    "label_gain": [0, 1, 2, 3],
}
# The outcome's part in the blend: never less than the first.
OUTCOME_SHARES = (0.3, 0.45, 0.6)
RIDGE = 20.0
HELD_OUT = 0.25
SMALLEST = 0.005
LEARNED, RANKER = "learned.json", "ranker.txt"

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


def fit_rank(examples: pl.DataFrame, *, seed: int) -> Artefact:
    """Learn ranker, outcome, blend and probability. Files: ``learned.json`` and ``ranker.txt``.

    The blend and the probability are chosen on the latest quarter of the requests, which the first fit did not see.

    Raises:
        InsufficientDataError: fewer than 40 filled requests.
    """
    rows = examples.filter(pl.col("label").is_not_null()).sort("observed_at", "request_id", "person_id")
    order = rows["query"].unique(maintain_order=True)
    if len(order) < LEAST_REQUESTS:
        raise InsufficientDataError(
            "Too few filled role requests to learn from.",
            where="staffing_match",
            expected=f"at least {LEAST_REQUESTS} requests with an accepted proposal",
            found=str(len(order)),
            next_step="record proposals and their outcome; until then the hand weights speak",
        )
    early = order.head(round(len(order) * (1 - HELD_OUT)))
    is_early = pl.col("query").is_in(early.implode())
    first, last = _learn(rows.filter(is_early), seed=seed), rows.filter(~is_early)
    share = max(OUTCOME_SHARES, key=lambda s: (round(_quality(last, first, s), 6), -s))
    slope, offset = _calibrate(last, _blend(last, first, share))
    learned = {**_learn(rows, seed=seed), "outcome_share": share, "slope": slope, "offset": offset}
    ranker = learned.pop(RANKER)
    return {LEARNED: to_json(learned), RANKER: ranker}


def suitability(rows: pl.DataFrame, artefact: Artefact | None) -> Array:
    """Return how well each person suits the request, comparable within a request only; higher is better."""
    if artefact is None:
        return hand_score(rows)
    learned = {**from_json(artefact, LEARNED), RANKER: artefact[RANKER]}
    return _blend(rows, learned, learned["outcome_share"])


def past_picks(rows: pl.DataFrame, artefact: Artefact) -> Array:
    """Return the ranker's score alone: a copy of past picks, for contests."""
    return np.asarray(open_booster(artefact[RANKER]).predict(matrix(rows, FEATURES)), dtype=np.float64)


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


def relevance(rows: pl.DataFrame) -> NDArray[np.int64]:
    """Return the grade the ranker learns: 0 not accepted, 1 accepted, 2 delivered well, 3 delivered very well."""
    gain = rows["label"].to_numpy()
    return np.where(gain <= 0, 0, np.where(gain < GOOD_RATING, 1, np.where(gain < 0.8, 2, 3))).astype(np.int64)


def _learn(rows: pl.DataFrame, *, seed: int) -> dict[str, Any]:
    sizes = rows["query"].rle().struct.field("len").to_list()
    ranker = train_booster(
        matrix(rows, FEATURES),
        relevance(rows).astype(np.float64),
        names=FEATURES,
        params=PARAMS,
        rounds=ROUNDS,
        seed=seed,
        group=sizes,
    )
    return {RANKER: ranker, **_outcome(rows)}


def _outcome(rows: pl.DataFrame) -> dict[str, Any]:
    """Fit the rating of those who were accepted and rated by ridge regression: few rows, so strongly shrunk."""
    x = matrix(rows, FEATURES)
    seen = ~np.isnan(x)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, x, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(seen, (x - mean) ** 2, 0.0).sum(axis=0) / count)
    scale = np.where(spread > 1e-9, spread, 1.0)
    rated = rows["rating"].is_not_null().to_numpy()
    rating = rows["rating"].drop_nulls().to_numpy()
    centre = float(rating.mean()) if len(rating) else UNRATED
    z = _standard(x[rated], mean, scale)
    middle = z.mean(axis=0) if len(rating) else np.zeros(len(FEATURES))
    z = z - middle
    weights = np.linalg.solve(z.T @ z + RIDGE * np.eye(z.shape[1]), z.T @ (rating - centre))
    return {
        "mean": mean.tolist(),
        "scale": scale.tolist(),
        "middle": middle.tolist(),
        "weights": weights.tolist(),
        "centre": centre,
        "spread": max(float(np.std(z @ weights)), 0.01) if len(rating) else 0.01,
    }


def _standard(x: Array, mean: Array, scale: Array) -> Array:
    return np.asarray(np.clip(np.where(np.isnan(x), 0.0, (x - mean) / scale), -4.0, 4.0), dtype=np.float64)


def expected_rating(rows: pl.DataFrame, learned: Mapping[str, Any]) -> Array:
    """Return the rating each person would be given, as the outcome model expects."""
    z = _standard(matrix(rows, FEATURES), np.asarray(learned["mean"]), np.asarray(learned["scale"]))
    line = (z - np.asarray(learned["middle"])) @ np.asarray(learned["weights"]) + learned["centre"]
    return np.asarray(np.clip(line, 0.0, 1.0), dtype=np.float64)


def _blend(rows: pl.DataFrame, learned: Mapping[str, Any], share: float) -> Array:
    """Mix the ranker's score and the expected rating, each on its own scale."""
    if not rows.height:
        return np.zeros(0)
    rank = np.asarray(open_booster(learned[RANKER]).predict(matrix(rows, FEATURES)), dtype=np.float64)
    rating = (expected_rating(rows, learned) - learned["centre"]) / learned["spread"]
    return np.asarray((1 - share) * rank + share * rating, dtype=np.float64)


def _quality(rows: pl.DataFrame, learned: Mapping[str, Any], share: float) -> float:
    frame = rows.with_columns(pl.Series("score", _blend(rows, learned, share)))
    return float(np.nan_to_num(ndcg_at(10)(frame, "score")))


def _calibrate(rows: pl.DataFrame, score: Array) -> tuple[float, float]:
    """Platt's line on those who were proposed: only they could be accepted."""
    from sklearn.linear_model import LogisticRegression

    proposed = rows["is_proposed"].fill_null(False).to_numpy()
    good = (rows["label"].to_numpy() >= GOOD_RATING)[proposed].astype(np.float64)
    rate = float(np.clip(good.mean() if len(good) else UNRATED / 4, 0.01, 0.99))
    flat = (0.0, float(np.log(rate / (1 - rate))))
    if len(good) < LEAST_REQUESTS or good.min() == good.max():
        return flat
    line = LogisticRegression(C=1.0, max_iter=400).fit(score[proposed].reshape(-1, 1), good)
    slope = float(line.coef_[0][0])
    return (slope, float(line.intercept_[0])) if slope > 0 else flat
