"""Values that a risk model sees within limits, beside what they are: a reason states the latter."""

from __future__ import annotations

import polars as pl

RAW = "raw_"


def limited(value: pl.Expr, name: str, low: float, high: float) -> tuple[pl.Expr, pl.Expr]:
    """Return a value held between two limits as ``name``, for a model, and as it is as ``raw_<name>``, for people."""
    return value.clip(low, high).alias(name), value.alias(RAW + name)


def raw(*names: str) -> tuple[str, ...]:
    """Return the names of the values without limits."""
    return tuple(RAW + name for name in names)
