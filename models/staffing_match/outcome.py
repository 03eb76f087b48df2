"""How well people deliver: the rating of those who were accepted, by a strongly shrunk regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from models.staffing_match.parameter_file import Parameters
from models.staffing_match.rank import Array, rounded, standard


def fit_outcome(rows: pl.DataFrame, scale: Mapping[str, Any], chosen: Parameters) -> dict[str, Any]:
    """Fit ``rating`` of the accepted and rated rows; returns ``middle``, ``weights`` and ``centre`` as numbers."""
    rated = rows.filter(pl.col("rating").is_not_null())
    width = len(scale["mean"])
    if not rated.height:
        return {"middle": [0.0] * width, "weights": [0.0] * width, "centre": chosen.grades.unrated}
    rating = rated["rating"].to_numpy()
    z = standard(rated, scale, chosen)
    middle, centre = z.mean(axis=0), float(rating.mean())
    z = z - middle
    weights = np.linalg.solve(z.T @ z + chosen.outcome.ridge * np.eye(width), z.T @ (rating - centre))
    return {"middle": rounded(middle), "weights": rounded(weights), "centre": rounded([centre])[0]}


def expected_rating(rows: pl.DataFrame, learned: Mapping[str, Any], chosen: Parameters) -> Array:
    """Return the rating each person would be given, 0 to 1, had they been accepted."""
    z = standard(rows, learned, chosen) - np.asarray(learned["middle"])
    return np.asarray(np.clip(z @ np.asarray(learned["weights"]) + learned["centre"], 0.0, 1.0), dtype=np.float64)
