"""Resample clusters of held-out examples, to see how much of a figure is chance."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.framework.risk_model import Metric

DRAWS = 100


def share_worse(frame: pl.DataFrame, metric: Metric, *, challenger: str, rival: str, higher_is_better: bool) -> float:
    """Return the share of draws in which the challenger's figure is worse than the rival's, on the same clusters.

    Draws in which either figure is not defined do not count; without any the share is 1. Repeatable.
    """
    generator = np.random.default_rng(0)
    leads = []
    for _ in range(DRAWS):
        (drawn,) = draw([frame], generator)
        lead = metric(drawn, challenger) - metric(drawn, rival)
        if not isnan(lead):
            leads.append(lead if higher_is_better else -lead)
    return float(np.mean(np.array(leads) < 0)) if leads else 1.0


def draw(frames: list[pl.DataFrame], generator: np.random.Generator) -> Iterator[pl.DataFrame]:
    """Draw clusters with replacement, the same for every seed's frame of a fold.

    A cluster drawn twice counts as two: the draw distinguishes the queries of a ranking.
    """
    order, starts, sizes = _clusters(frames[0])
    chosen = generator.integers(0, len(starts), len(starts))
    rows = np.concatenate([order[starts[c] : starts[c] + sizes[c]] for c in chosen])
    turn = np.repeat(np.arange(len(chosen)), sizes[chosen])
    for frame in frames:
        drawn = frame[rows]
        if "query" in drawn.columns:
            apart = pl.Series(turn * frame.height, dtype=pl.Int64)
            drawn = drawn.with_columns((pl.col("query").rank("dense").cast(pl.Int64) + apart).alias("query"))
        yield drawn


def _clusters(frame: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the row numbers sorted by cluster, where each cluster starts in them, and its size."""
    group = frame["group"].cast(pl.String).fill_null("") if "group" in frame.columns else pl.Series(range(frame.height))
    codes = group.rank("dense").to_numpy().astype(np.int64) - 1
    order = np.argsort(codes, kind="stable").astype(np.int64)
    sizes = np.bincount(codes).astype(np.int64)
    return order, np.cumsum(sizes) - sizes, sizes
