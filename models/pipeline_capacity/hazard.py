"""When will a deal be won, lost or pushed? Discrete-time competing risks, week by week from the day it is looked at.

Each deal row is laid out over the weeks to come until its decision or the end of what was seen; trees learn the chance
of each week's event: none, won, lost, or a push of the close date (which ends nothing).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from features.pipeline_capacity.deals import HORIZON_WEEKS
from leadline.kernel.errors import InsufficientDataError
from models.framework.artefact import from_json, to_json
from models.framework.boosting import matrix, open_booster, train_booster
from models.framework.parameters import keep
from models.pipeline_capacity.parameter_file import Hazard, Parameters

Array = npt.NDArray[np.float64]

TREES, FILE = "hazard.txt", "hazard.json"
EVENTS = ("none", "won", "lost", "slip")
# What the layout over weeks adds to the features of a deal.
OF_THE_WEEK = ("week", "weeks_past_close")


def fit_hazard(deals: pl.DataFrame, chosen: Parameters, *, seed: int) -> dict[str, str]:
    """Learn the weekly hazards and how far the first day of work strays from what the deal said.

    Raises:
        InsufficientDataError: too few deals decided, won or lost (``hazard``).
    """
    rows = deals.drop_nulls("outcome").sort("observed_at", "opportunity_id")
    _check_enough(rows, chosen.hazard)
    inputs, events = _person_weeks(rows, chosen)
    trees, names = chosen.hazard.trees, (*chosen.inputs, *OF_THE_WEEK)
    params = {"objective": "multiclass", "num_class": len(EVENTS), **trees.lightgbm()}
    text = train_booster(inputs, events, names=names, params=params, rounds=trees.rounds, seed=seed)
    learned = {"starts": _start_pools(rows, chosen.hazard), "base_rate": _won_share(rows)}
    return {TREES: text, FILE: to_json(learned), **keep(chosen)}


def event_chances(deals: pl.DataFrame, artefact: Mapping[str, str]) -> dict[str, Array]:
    """Return, per deal and week ahead, the chance of ``won``, ``lost`` in that week, and of a ``slip`` while open."""
    if not deals.height:
        return {event: np.zeros((0, HORIZON_WEEKS)) for event in EVENTS[1:]}
    inputs = _laid_out(deals, np.full(deals.height, HORIZON_WEEKS), Parameters.trained_with(artefact))
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


def default_pools(hazard: Hazard) -> dict[str, list[float]]:
    """Return start pools before anything was learned: work starts when the deal says, or some weeks after the win."""
    return {"after_expected": [0.0], "after_win": [hazard.default_lead_weeks]}


def _check_enough(rows: pl.DataFrame, hazard: Hazard) -> None:
    last = rows.group_by("opportunity_id").agg(pl.col("outcome").last())["outcome"]
    won, lost = int((last == "won").sum()), int((last == "lost").sum())
    least, each = hazard.min_deals, hazard.min_each
    if won + lost < least or min(won, lost) < each:
        raise InsufficientDataError(
            "Too few deals have been decided for the pipeline to be learned.",
            where="opportunity",
            expected=f"at least {least} decided deals, {each} won and {each} lost",
            found=f"{won} won, {lost} lost",
            next_step="score without training (from the win rate of each stage) until more deals are decided",
        )


def _person_weeks(rows: pl.DataFrame, chosen: Parameters) -> tuple[Array, Array]:
    """Lay every deal out until its decision or the end of what was seen, with the event of each week."""
    followed = rows["followed_weeks"].to_numpy()
    decided = rows["outcome_week"].fill_null(HORIZON_WEEKS + 1).to_numpy()
    length = np.minimum(np.minimum(followed, decided), HORIZON_WEEKS).astype(np.int64)
    inputs = _laid_out(rows, length, chosen)
    events, first = np.zeros(int(length.sum())), np.cumsum(length) - length
    slip = rows["slip_week"].fill_null(HORIZON_WEEKS + 1).to_numpy()
    for place in np.flatnonzero(slip <= length):
        events[first[place] + slip[place] - 1] = EVENTS.index("slip")
    outcome = rows["outcome"].to_list()
    for place in np.flatnonzero((decided <= length) & (length > 0)):
        events[first[place] + length[place] - 1] = EVENTS.index(outcome[place])
    return inputs, events


def _laid_out(rows: pl.DataFrame, length: npt.NDArray[np.int64], chosen: Parameters) -> Array:
    """Repeat each row once per week, with the week and its distance from the expected close."""
    base = matrix(rows, chosen.inputs)
    repeated = np.repeat(base, length, axis=0)
    week = np.concatenate([np.arange(1, size + 1, dtype=np.float64) for size in length] or [np.zeros(0)])
    past_close = week - repeated[:, chosen.inputs.index("days_to_close")] / 7
    return np.column_stack([repeated, week, past_close])


def _start_pools(rows: pl.DataFrame, hazard: Hazard) -> dict[str, list[float]]:
    """Quantiles of where work really started, among deals won: one pool per way of telling."""
    won = rows.filter((pl.col("outcome") == "won") & pl.col("started_on").is_not_null())
    plausible = won.filter(pl.col("expected_start_date") >= pl.col("decided_on"))
    after_expected = (plausible["started_on"] - plausible["expected_start_date"]).dt.total_days() / 7
    after_win = (won["started_on"] - won["decided_on"]).dt.total_days() / 7
    default = default_pools(hazard)
    return {
        "after_expected": _quantiles(after_expected, hazard) or default["after_expected"],
        "after_win": _quantiles(after_win.clip(0), hazard) or default["after_win"],
    }


def _quantiles(values: pl.Series, hazard: Hazard) -> list[float]:
    if len(values) < hazard.min_pool:
        return []
    levels = (np.arange(hazard.pool_size) + 0.5) / hazard.pool_size
    return [float(value) for value in np.quantile(values.to_numpy(), levels)]


def _won_share(rows: pl.DataFrame) -> float:
    share = rows.filter(pl.col("outcome") != "open").select((pl.col("outcome") == "won").mean()).item()
    return float(share)
