"""A risk model small enough to read at a glance: one feature, a base rate, and labels that mature after 30 days.

Its world is drawn in code, not in tables: object ``i`` of month ``m`` has feature ``x`` and turns out bad when a seeded
draw is below ``x``. A stand-in for a score wherever training itself is tested.
"""

# ruff: noqa: ARG002 (the signatures are those of a risk model)
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import numpy as np
import polars as pl

from leadline.kernel.errors import InsufficientDataError
from leadline.kernel.findings import Finding
from leadline.warehouse.point_in_time import PointInTimeReader, naive
from models.framework import metrics
from models.framework.artefact import from_json, to_json
from models.framework.parameters import ScoreParameters
from models.framework.risk_model import Artefact, Benchmark, Metric

MATURITY = timedelta(days=30)


class ToyParameters(ScoreParameters):
    """The one parameter of the toy."""

    offered: ClassVar[tuple[str, ...]] = ("x",)

    skill: float


@dataclass
class ToyScore:
    """Satisfies ``RiskModel``. ``skill`` 1 ranks by the feature, 0 knows nothing, -1 ranks the wrong way round."""

    months: Sequence[datetime]
    per_month: int = 60
    skill: float = 1.0
    version: str = "1"
    SCORE: str = "invoice_dispute"
    OBJECT_TYPE: str = "invoice"
    NEEDS: tuple[str, ...] = ("invoice",)
    USES: tuple[str, ...] = ()

    def observation_times(self, reader: PointInTimeReader, *, until: datetime) -> list[datetime]:
        return [at for at in self.months if naive(at) <= naive(until)]

    def examples(self, reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
        draw = np.random.default_rng(naive(observed_at).toordinal())
        x = draw.random(self.per_month)
        bad = (draw.random(self.per_month) < x).astype(float)
        matured = naive(observed_at) + MATURITY <= naive(as_of)
        return pl.DataFrame(
            {
                "object_id": [f"{naive(observed_at):%Y%m}-{i}" for i in range(self.per_month)],
                "group": [f"client {i % 20}" for i in range(self.per_month)],
                "x": x,
                "label": pl.Series(bad if matured else [None] * self.per_month, dtype=pl.Float64),
            }
        )

    def parameters(self) -> ToyParameters:
        return ToyParameters(leave_out=(), skill=self.skill)

    def fit(self, examples: pl.DataFrame, *, seed: int) -> Artefact:
        if examples.height < 2 * self.per_month:
            raise InsufficientDataError("Too few toys.")
        rate = examples["label"].mean()
        return {"toy.json": to_json({"rate": rate, "rows": examples.height, "skill": self.skill, "v": self.version})}

    def predict(self, frame: pl.DataFrame, artefact: Artefact) -> pl.DataFrame:
        skill = from_json(artefact, "toy.json")["skill"]
        return frame.select((0.5 + (pl.col("x") - 0.5) * skill).alias("prediction"))

    def findings(self, reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]:
        return []

    def benchmark(self, train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Benchmark:
        artefact = self.fit(train, seed=seed)
        frame = test.with_columns(
            self.predict(test, artefact)["prediction"].alias("model"), pl.lit(train["label"].mean()).alias("base_rate")
        )
        decided: dict[str, Metric] = {"auc↑": metrics.auc, "brier↓": metrics.brier}
        return Benchmark(frame, ("model", "base_rate"), decided)
