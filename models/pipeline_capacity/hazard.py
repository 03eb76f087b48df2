"""When will a deal be won, lost or pushed? Discrete-time competing risks, week by week from the day it is looked at.

Each deal row is laid out over the weeks to come until its decision or the end of what was seen; trees learn the chance
of each week's event: none, won, lost, or a push of the close date (which ends nothing).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from features.pipeline_capacity.deals import DEAL_FEATURES, HORIZON_WEEKS
from leadline.kernel.errors import InsufficientDataError
from models.framework.artefact import from_json, to_json
from models.framework.boosting import matrix, open_booster, train_booster

Array = npt.NDArray[np.float64]

TREES, FILE = "hazard.txt", "hazard.json"
EVENTS = ("none", "won", "lost", "slip")
INPUTS = (*DEAL_FEATURES, "week", "weeks_past_close")
MIN_DEALS = 40
MIN_EACH = 10
DEFAULT_LEAD_WEEKS = 3.0
POOL_SIZE = 21
MIN_POOL = 10
ROUNDS = 80
PARAMS: Mapping[str, Any] = {
    "objective": "multiclass",
    "num_class": len(EVENTS),
    "learning_rate": 0.06,
    "num_leaves": 8,
    "min_data_in_leaf": 400,
    "lambda_l2": 20.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
}


def fit_hazard(deals: pl.DataFrame, *, seed: int) -> dict[str, str]:
    """Learn the weekly hazards and how far the first day of work strays from what the deal said.

    Raises:
        InsufficientDataError: fewer than 40 deals decided, or fewer than 10 won or lost.
    """
    rows = deals.drop_nulls("outcome").sort("observed_at", "opportunity_id")
    _check_enough(rows)
    inputs, events = _person_weeks(rows)
    trees = train_booster(inputs, events, names=INPUTS, params=PARAMS, rounds=ROUNDS, seed=seed)
    return {TREES: trees, FILE: to_json({"starts": _start_pools(rows), "base_rate": _won_share(rows)})}


def event_chances(deals: pl.DataFrame, artefact: Mapping[str, str]) -> dict[str, Array]:
    """Return, per deal and week ahead, the chance of ``won``, ``lost`` in that week, and of a ``slip`` while open."""
    inputs = _laid_out(deals, np.full(deals.height, HORIZON_WEEKS))
    if not deals.height:
        return {event: np.zeros((0, HORIZON_WEEKS)) for event in EVENTS[1:]}
    hazards = np.asarray(open_booster(artefact[TREES]).predict(inputs), dtype=np.float64)
    weekly = hazards.reshape(deals.height, HORIZON_WEEKS, len(EVENTS))
    staying = 1 - weekly[:, :, EVENTS.index("won")] - weekly[:, :, EVENTS.index("lost")]
    alive = np.cumprod(np.concatenate([np.ones((deals.height, 1)), staying[:, :-1]], axis=1), axis=1)
    return {event: alive * weekly[:, :, EVENTS.index(event)] for event in EVENTS[1:]}


def chance_within(weekly: Array, weeks: int) -> Array:
    """Return the chance per deal of an event within so many weeks, from its chance in each of them."""
    return np.asarray(1 - np.prod(1 - weekly[:, :weeks], axis=1), dtype=np.float64)


def start_pools(artefact: Mapping[str, str]) -> dict[str, list[float]]:
    """Return the quantiles, in weeks, of start minus expected start, and of start minus win."""
    pools: dict[str, list[float]] = from_json(artefact, FILE)["starts"]
    return pools


def default_pools() -> dict[str, list[float]]:
    """Return start pools nobody has learned: work starts when the deal says, or three weeks after the win."""
    return {"after_expected": [0.0], "after_win": [DEFAULT_LEAD_WEEKS]}


def _check_enough(rows: pl.DataFrame) -> None:
    last = rows.group_by("opportunity_id").agg(pl.col("outcome").last())["outcome"]
    won, lost = int((last == "won").sum()), int((last == "lost").sum())
    if won + lost < MIN_DEALS or min(won, lost) < MIN_EACH:
        raise InsufficientDataError(
            "Too few deals have been decided for the pipeline to be learned.",
            where="opportunity",
            expected=f"at least {MIN_DEALS} decided deals, {MIN_EACH} won and {MIN_EACH} lost",
            found=f"{won} won, {lost} lost",
            next_step="score without training (the win rate of each stage speaks) until more deals are decided",
        )


def _person_weeks(rows: pl.DataFrame) -> tuple[Array, Array]:
    """Lay every deal out until its decision or the end of what was seen, with the event of each week."""
    followed = rows["followed_weeks"].to_numpy()
    decided = rows["outcome_week"].fill_null(HORIZON_WEEKS + 1).to_numpy()
    length = np.minimum(np.minimum(followed, decided), HORIZON_WEEKS).astype(np.int64)
    inputs = _laid_out(rows, length)
    events, first = np.zeros(int(length.sum())), np.cumsum(length) - length
    slip = rows["slip_week"].fill_null(HORIZON_WEEKS + 1).to_numpy()
    for place in np.flatnonzero(slip <= length):
        events[first[place] + slip[place] - 1] = EVENTS.index("slip")
    outcome = rows["outcome"].to_list()
    for place in np.flatnonzero((decided <= length) & (length > 0)):
        events[first[place] + length[place] - 1] = EVENTS.index(outcome[place])
    return inputs, events


def _laid_out(rows: pl.DataFrame, length: npt.NDArray[np.int64]) -> Array:
    """Repeat each row once per week, with the week and its distance from the expected close."""
    base = matrix(rows, DEAL_FEATURES)
    repeated = np.repeat(base, length, axis=0)
    week = np.concatenate([np.arange(1, size + 1, dtype=np.float64) for size in length] or [np.zeros(0)])
    past_close = week - repeated[:, DEAL_FEATURES.index("days_to_close")] / 7
    return np.column_stack([repeated, week, past_close])


def _start_pools(rows: pl.DataFrame) -> dict[str, list[float]]:
    """Quantiles of where work really started, among deals won: one pool per way of telling."""
    won = rows.filter((pl.col("outcome") == "won") & pl.col("started_on").is_not_null())
    told = won.filter(pl.col("expected_start_date") >= pl.col("decided_on"))
    after_expected = (told["started_on"] - told["expected_start_date"]).dt.total_days() / 7
    after_win = (won["started_on"] - won["decided_on"]).dt.total_days() / 7
    default = default_pools()
    return {
        "after_expected": _quantiles(after_expected) or default["after_expected"],
        "after_win": _quantiles(after_win.clip(0)) or default["after_win"],
    }


def _quantiles(values: pl.Series) -> list[float]:
    if len(values) < MIN_POOL:
        return []
    levels = (np.arange(POOL_SIZE) + 0.5) / POOL_SIZE
    return [float(value) for value in np.quantile(values.to_numpy(), levels)]


def _won_share(rows: pl.DataFrame) -> float:
    share = rows.filter(pl.col("outcome") != "open").select((pl.col("outcome") == "won").mean()).item()
    return float(share)
