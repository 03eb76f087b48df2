"""The rule pack as a score: how often each rule is right, and what several hits say together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.time_expense_anomaly.frame import CONTEXT
from features.time_expense_anomaly.rules import RULES
from models.time_expense_anomaly.parameter_file import Parameters

Array = NDArray[np.float64]

# Habits whose distance is a robust z; the rest are rarities.
DISTANCES = tuple(name for name in CONTEXT if name.endswith("_z"))


def precisions(chosen: Parameters, rows: pl.DataFrame | None = None) -> dict[str, float]:
    """Return how often each rule is right: its Beta prior, updated by the decided ``rows`` it hit.

    ``rows`` carry the rules' columns, ``label``, ``weight`` and ``label_source``. Only decisions count: that a source
    left a line alone does not mean that anybody looked.
    """
    counted = None if rows is None else rows.filter(pl.col("label").is_not_null(), pl.col("label_source") == "decision")
    return {rule.code: _posterior(rule.code, chosen.rule_priors[rule.code], counted) for rule in RULES}


def _posterior(code: str, prior: tuple[float, float], rows: pl.DataFrame | None) -> float:
    if rows is None or not rows.height:
        return prior[0] / sum(prior)
    hits = rows.filter(pl.col(code) > 0)
    right, all_ = float((hits["label"] * hits["weight"]).sum()), float(hits["weight"].sum())
    return (prior[0] + right) / (sum(prior) + all_)


def pack_score(rows: pl.DataFrame, right: Mapping[str, float], *, quiet: float) -> Array:
    """Return the chance that at least one hit is right, as if rules erred independently (noisy or).

    ``quiet`` is the chance of an error where no rule speaks.
    """
    wrong = np.full(rows.height, 1.0 - quiet)
    for rule in RULES:
        hit = rows[rule.code].fill_null(0.0).to_numpy()
        wrong *= np.where(hit > 0, 1.0 - right[rule.code], 1.0)
    return 1.0 - wrong


def farthest_z(rows: pl.DataFrame) -> Array:
    """Return the largest robust distance of a line from its person's and context's habits, without sign."""
    distance = pl.max_horizontal(pl.col(name).abs() for name in DISTANCES).fill_null(0.0)
    return rows.select(distance.alias("z"))["z"].to_numpy()
