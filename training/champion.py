"""Compare a challenger with the champion, on examples neither was trained on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from leadline.tracking import Champion
from models.framework.risk_model import RiskModel
from training.splits import Fold

CHALLENGER = "challenger"
CHAMPION = "champion"

# Fewer held-out examples than this cannot decide which is better.
FEWEST = 100


def against_champion(module: RiskModel, champion: Champion, fold: Fold, *, seed: int) -> pl.DataFrame | None:
    """Return the held-out examples observed after the champion was trained, with both predictions as columns.

    None where they cannot be compared: too few such examples, or a score without ``predict(frame, artefact)``.
    """
    predict: Any = getattr(module, "predict", None)
    fresh = fold.test.filter(pl.col("observed_at") > _trained_until(champion))
    if predict is None or fresh.height < FEWEST:
        return None
    challenger = module.fit(fold.train, seed=seed)
    return fresh.with_columns(
        predict(fresh, artefact)["prediction"].alias(name)
        for name, artefact in ((CHALLENGER, challenger), (CHAMPION, champion.artefact))
    )


def _trained_until(champion: Champion) -> datetime:
    return datetime.fromisoformat(champion.tags["trained_until"])
