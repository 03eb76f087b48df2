"""The parameters of margin erosion; ``parameters.yml`` beside this module says what each means."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from features.margin_erosion.frame import FEATURES
from models.framework import parameters as framework

QUARTERS = 4

Positive = Annotated[float, Field(gt=0)]


class Examples(framework.Section):
    """At which moments projects are looked at, and how many it takes."""

    step_weeks: int = Field(ge=1, le=52)
    max_times: int = Field(ge=2)
    warm_up_days: int = Field(ge=0)
    min_projects: int = Field(ge=2)
    min_each: int = Field(ge=1)
    folds: int = Field(ge=2, le=20)
    farthest: float = Field(gt=0)


class Estimate(framework.Section):
    """The cost at completion and its band."""

    min_projects: int = Field(ge=2)
    limit: float = Field(gt=0)
    prior_projects: float = Field(ge=0)
    sure: float = Field(ge=0)
    line_penalty: float = Field(gt=0)
    level: float = Field(gt=0, lt=1)
    default_spread: tuple[Positive, ...] = Field(min_length=QUARTERS, max_length=QUARTERS)
    trees: framework.Trees


class Chance(framework.Section):
    """The chance of a yes."""

    penalties: tuple[Positive, ...] = Field(min_length=1)
    calibration_penalty: float = Field(gt=0)
    edge: float = Field(gt=0, lt=0.5)
    trees: framework.Trees


class Baselines(framework.Section):
    """What the benchmark's baselines take."""

    prior_projects: float = Field(ge=0)
    calibration_penalty: float = Field(gt=0)


class Decision(framework.Section):
    """Which projects are raised."""

    unlearned_alert: float = Field(ge=0, le=1)
    max_share: float = Field(gt=0, le=1)


class Parameters(framework.ScoreParameters):
    """All parameters of the score."""

    offered: ClassVar[tuple[str, ...]] = FEATURES
    needed: ClassVar[tuple[str, ...]] = ("practice_growth_rate",)

    examples: Examples
    estimate: Estimate
    chance: Chance
    baselines: Baselines
    decision: Decision


@cache
def parameters() -> Parameters:
    """Return the parameters that the next training uses.

    Raises:
        ConfigurationError: the file is wrong; every fault is listed.
    """
    return framework.read(Parameters, Path(__file__).with_name(framework.FILE))
