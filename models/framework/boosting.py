"""Gradient-boosted trees that give the same text for the same data, on any number of cores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lightgbm import Booster

# One thread and row-wise histograms: the order of summation, and so the model's text, is fixed.
DETERMINISTIC: Mapping[str, Any] = {"deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1}


def matrix(frame: pl.DataFrame, names: Sequence[str]) -> NDArray[np.float64]:
    """Return feature columns as a float matrix, null as nan; booleans and decimals count as numbers."""
    values = frame.select(pl.col(name).cast(pl.Float64) for name in names)
    return np.column_stack([values[name].to_numpy() for name in names]) if names else np.empty((frame.height, 0))


def train_booster(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    *,
    names: Sequence[str],
    params: Mapping[str, Any],
    rounds: int,
    seed: int,
    weight: NDArray[np.float64] | None = None,
    group: Sequence[int] | None = None,
    offset: NDArray[np.float64] | None = None,
) -> str:
    """Train a LightGBM model and return its text.

    ``group`` holds query sizes for ranking objectives. ``offset`` is a raw score that each row starts from; the trees
    learn what is left and predict without it.
    """
    import lightgbm as lgb

    data = lgb.Dataset(
        np.ascontiguousarray(x),
        label=np.ascontiguousarray(y),
        weight=weight,
        group=group,
        init_score=offset,
        feature_name=list(names),
        free_raw_data=True,
    )
    return str(lgb.train({**params, **DETERMINISTIC, "seed": seed}, data, num_boost_round=rounds).model_to_string())


def open_booster(text: str) -> Booster:
    """Open a model from its text. Check the text's sha256 first: a cut text aborts the process."""
    import lightgbm as lgb

    return lgb.Booster(model_str=text)
