"""The parameters of time and expense anomalies; ``parameters.yml`` beside this module says what each means."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from features.time_expense_anomaly.frame import FEATURES
from features.time_expense_anomaly.rules import BY_CODE
from models.framework import parameters as framework

Count = Annotated[float, Field(gt=0)]


class Examples(framework.Section):
    """At which moments lines are looked at, how many it takes, and what labels weigh."""

    max_times: int = Field(ge=2)
    warm_up_days: int = Field(ge=0)
    min_wrong: int = Field(ge=2)
    min_auc: float = Field(ge=0, le=1)
    source_weight: float = Field(gt=0, le=1)
    folds: int = Field(ge=2, le=20)


class Line(framework.Section):
    """The logistic line."""

    penalty: float = Field(gt=0)
    farthest: float = Field(gt=0)


class Tails(framework.Section):
    """The empirical tails."""

    knots: int = Field(ge=3)
    smallest: float = Field(gt=0, lt=1)


class Chance(framework.Section):
    """The probability."""

    edge: float = Field(gt=0, lt=0.5)


class Pack(framework.Section):
    """The rule pack as a score."""

    quiet: float = Field(gt=0, lt=1)
    memory_days: int = Field(ge=1)


class Parameters(framework.ScoreParameters):
    """All parameters of the score."""

    offered: ClassVar[tuple[str, ...]] = FEATURES

    examples: Examples
    line: Line
    trees: framework.Trees
    tails: Tails
    chance: Chance
    pack: Pack
    rule_priors: Mapping[str, tuple[Count, Count]]

    @field_validator("rule_priors")
    @classmethod
    def _one_per_rule(cls, priors: Mapping[str, tuple[float, float]]) -> Mapping[str, tuple[float, float]]:
        unknown, missing = sorted(priors.keys() - BY_CODE.keys()), sorted(BY_CODE.keys() - priors.keys())
        faults = [f"unknown: {', '.join(unknown)}"] if unknown else []
        faults += [f"missing: {', '.join(missing)}"] if missing else []
        if faults:
            raise ValueError(f"one prior per rule ({'; '.join(faults)})")
        return priors


@cache
def parameters() -> Parameters:
    """Return the parameters that the next training uses.

    Raises:
        ConfigurationError: the file is wrong; every fault is listed.
    """
    return framework.read(Parameters, Path(__file__).with_name(framework.FILE))
