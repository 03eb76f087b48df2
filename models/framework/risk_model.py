"""What every module of this folder offers, one per score. A module is the risk model; there is no class to inherit.

``SCORE``        the score
``OBJECT_TYPE`` the canonical thing its findings speak of (design: one per score)
``NEEDS``       entities without which the score cannot run
``NEEDS_ANY``   where it is defined: entities of which one at least must be there
``USES``        entities it uses when they are there

and these functions; every moment is UTC:

``observation_times(reader, *, until)``   moments at which past objects are looked at for training, oldest first
``examples(reader, *, observed_at, as_of)``   features as of ``observed_at`` with the label as known by ``as_of``
``parameters()``   the parameters of the next training, from the score's parameter file
``fit(examples, *, seed)``   train; raises InsufficientDataError when there is too little to learn from
``findings(reader, *, as_of, artefact)``   score and decide; ``artefact`` None means the best baseline scores instead
``benchmark(train, test, *, seed)``   predictions of the model and of every baseline on held-out rows; the first metric
decides the gate of training

A module may also offer ``predict(frame, artefact)``: a frame with a column ``prediction``, row by row. With it,
training compares a candidate with the champion on fresh examples, and MLflow can serve the model.

A module whose outcome shows whether anybody acts or not also offers ``harmed(reader, drawn, *, as_of)``: of objects by
the moment they were drawn at, those whose outcome is known at ``as_of``, and whether it was the bad one. What people
did about an object changes nothing in it: that is what the trial of acting compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl

from leadline.kernel.findings import Finding
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework.artefact import Artefact
from models.framework.parameters import ScoreParameters

__all__ = ["Artefact", "Benchmark", "Metric", "RiskModel", "Trialled"]

# A metric takes the benchmark's frame and a candidate's name and returns one number.
Metric = Callable[[pl.DataFrame, str], float]


@dataclass(frozen=True)
class Benchmark:
    """Predictions of all candidates on the same held-out rows.

    ``frame``: one row per held-out object with ``group`` (the cluster that is resampled together for intervals),
    ``label``, and one column per candidate (more columns, such as money or ``<candidate>_low``, as the metrics need).
    ``candidates``: the model first, then every baseline. ``metrics``: name -> function; names end in their direction,
    ``auc↑`` or ``brier↓``.
    """

    frame: pl.DataFrame
    candidates: tuple[str, ...]
    metrics: Mapping[str, Metric]


class Trialled(Protocol):
    """A risk model of which the control share can hold back exceptions."""

    def harmed(
        self, reader: PointInTimeReader, drawn: Mapping[str, datetime], *, as_of: datetime
    ) -> dict[str, bool]: ...


class RiskModel(Protocol):
    """The functions and constants above, as a type for the modules of this folder."""

    SCORE: str
    OBJECT_TYPE: str
    NEEDS: tuple[str, ...]
    USES: tuple[str, ...]

    def observation_times(self, reader: PointInTimeReader, *, until: datetime) -> list[datetime]: ...

    def examples(self, reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame: ...

    def parameters(self) -> ScoreParameters: ...

    def fit(self, examples: pl.DataFrame, *, seed: int) -> Artefact: ...

    def findings(self, reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]: ...

    def benchmark(self, train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Benchmark: ...
