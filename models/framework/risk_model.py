"""What every module of this folder offers, one per stem. A module is the risk model; there is no class to inherit.

``STEM``        the stem
``OBJECT_TYPE`` the canonical thing its findings speak of (design: one per stem)
``NEEDS``       entities without which the score cannot run
``NEEDS_ANY``   where it is defined: entities of which one at least must be there
``USES``        entities it uses when they are there

and these functions; every moment is UTC:

``observation_times(known, *, until)``   moments at which past objects are looked at for training, oldest first
``examples(known, *, observed_at, as_of)``   features as of ``observed_at`` with the label as known by ``as_of``
``fit(examples, *, seed)``   train; raises InsufficientDataError when there is too little to learn from
``findings(known, *, as_of, artefact)``   score and decide; ``artefact`` None means the best baseline speaks
``contest(train, test, *, seed)``   predictions of the model and of every baseline on held-out rows; the first metric
decides the gate of training

A module may also offer ``predict(frame, artefact)``: a frame with a column ``prediction``, row by row. With it,
training compares a candidate with the champion on fresh examples, and MLflow can serve the model.

A module whose outcome shows whether anybody acts or not also offers ``harmed(known, drawn, *, as_of)``: of objects by
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
from leadline.warehouse.known import Known

# File name -> text. LightGBM's own text format and JSON; nothing that executes on loading.
Artefact = Mapping[str, str]

# A metric takes the contest's frame and a contender's name and returns one number.
Metric = Callable[[pl.DataFrame, str], float]


@dataclass(frozen=True)
class Contest:
    """Predictions of all contenders on the same held-out rows.

    ``frame``: one row per held-out object with ``group`` (the cluster that is resampled together for intervals),
    ``label``, and one column per contender (more columns, such as money or ``<contender>_low``, as the metrics need).
    ``contenders``: the model first, then every baseline. ``metrics``: name -> function; names end in their direction,
    ``auc↑`` or ``brier↓``.
    """

    frame: pl.DataFrame
    contenders: tuple[str, ...]
    metrics: Mapping[str, Metric]


class Trialled(Protocol):
    """A risk model of which the control share can hold back exceptions."""

    def harmed(self, known: Known, drawn: Mapping[str, datetime], *, as_of: datetime) -> dict[str, bool]: ...


class RiskModel(Protocol):
    """The functions and constants above, as a type for the modules of this folder."""

    STEM: str
    OBJECT_TYPE: str
    NEEDS: tuple[str, ...]
    USES: tuple[str, ...]

    def observation_times(self, known: Known, *, until: datetime) -> list[datetime]: ...

    def examples(self, known: Known, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame: ...

    def fit(self, examples: pl.DataFrame, *, seed: int) -> Artefact: ...

    def findings(self, known: Known, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]: ...

    def contest(self, train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Contest: ...
