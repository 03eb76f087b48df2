"""A baseline: deals move from stage to stage as deals always did, whatever else is known about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from features.pipeline_capacity.deals import HORIZON_WEEKS

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StageChain:
    """Chance per deal stage and step, ``weeks`` long, to be won and to be in each other stage afterwards."""

    stages: tuple[str, ...]
    weeks: int
    win: Array
    move: Array


def fit_chain(deals: pl.DataFrame, *, prior: float) -> StageChain:
    """Count moves between successive snapshots of a deal; a deal gone between two snapshots was won or lost.

    ``prior`` moves' worth of staying where it is are added to each stage.
    """
    times = deals["observed_at"].unique().sort()
    gap = times.diff().drop_nulls().min()
    weeks = max(int(gap.days) // 7, 1) if isinstance(gap, timedelta) else 1
    following = deals.select(
        "opportunity_id", (pl.col("observed_at") - timedelta(weeks=weeks)).alias("observed_at"), next_stage="stage"
    )
    moves = deals.join(following, on=["opportunity_id", "observed_at"], how="left")
    gone = pl.when(pl.col("outcome_week") <= weeks).then("outcome")
    transitions = moves.with_columns(to=pl.coalesce("next_stage", gone)).drop_nulls("to")
    stages = tuple(sorted(set(deals["stage"].to_list())))
    return _chain(transitions, stages, weeks, prior=prior)


def _chain(transitions: pl.DataFrame, stages: tuple[str, ...], weeks: int, *, prior: float) -> StageChain:
    place: Mapping[str, int] = {stage: index for index, stage in enumerate(stages)}
    move, win, total = prior * np.eye(len(stages)), np.zeros(len(stages)), np.full(len(stages), prior)
    counted = transitions.group_by("stage", "to").len().sort("stage", "to")
    for stage, target, count in counted.iter_rows():
        total[place[stage]] += count
        if target in place:
            move[place[stage], place[target]] += count
        elif target == "won":
            win[place[stage]] += count
    return StageChain(stages=stages, weeks=weeks, win=win / total, move=move / total[:, None])


def win_chances(deals: pl.DataFrame, chain: StageChain) -> Array:
    """Return the chance per deal and week to be won; wins are spread evenly over each step of the chain."""
    steps = -(-HORIZON_WEEKS // chain.weeks)
    here = np.eye(len(chain.stages))
    wins = []
    for _ in range(steps):
        wins.append(here @ chain.win)
        here = here @ chain.move
    weekly = np.repeat(np.stack(wins or [chain.win], axis=1) / chain.weeks, chain.weeks, axis=1)[:, :HORIZON_WEEKS]
    place = {stage: index for index, stage in enumerate(chain.stages)}
    unknown = weekly.mean(axis=0) if len(weekly) else np.zeros(HORIZON_WEEKS)
    rows = [weekly[place[stage]] if stage in place else unknown for stage in deals["stage"].to_list()]
    return np.stack(rows) if rows else np.zeros((0, HORIZON_WEEKS))
