"""The parameters of pipeline and capacity; ``parameters.yml`` beside this module says what each means."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from features.pipeline_capacity.deals import DEAL_FEATURES
from models.framework import parameters as framework

Share = Annotated[float, Field(ge=0, le=1)]


class Examples(framework.Section):
    """At which moments pipelines and series are looked at."""

    max_times: int = Field(ge=2)
    deal_step_weeks: int = Field(ge=1, le=52)
    deal_warm_up_days: int = Field(ge=0)
    series_step_weeks: int = Field(ge=1, le=52)
    series_warm_up_days: int = Field(ge=0)
    series_years: int = Field(ge=1)


class Hazard(framework.Section):
    """The weekly hazards and where work starts."""

    min_deals: int = Field(ge=2)
    min_each: int = Field(ge=1)
    pool_size: int = Field(ge=1)
    min_pool: int = Field(ge=1)
    default_lead_weeks: float = Field(ge=0)
    trees: framework.Trees


class Simulation(framework.Section):
    """The drawn futures."""

    draws: int = Field(ge=10)
    seed: int = Field(ge=0)
    soft_weight: float = Field(ge=0, le=1)
    level: float = Field(gt=0, lt=1)


class Series(framework.Section):
    """The forecast of observed capacity."""

    min_rows: int = Field(ge=1)
    prior_rows: float = Field(gt=0)
    prior_errors: float = Field(ge=0)
    outlier: float = Field(gt=0)
    half_life_days: float = Field(gt=0)
    default_weights: tuple[float, float, float]
    shares: tuple[Share, ...] = Field(min_length=1)
    default_spread: float = Field(gt=0)
    default_ends: tuple[float, float]


class Baselines(framework.Section):
    """What the benchmark's baselines take."""

    draws: int = Field(ge=10)
    prior_deals: float = Field(ge=0)
    prior_moves: float = Field(gt=0)


class Parameters(framework.ScoreParameters):
    """All parameters of the score."""

    offered: ClassVar[tuple[str, ...]] = DEAL_FEATURES
    needed: ClassVar[tuple[str, ...]] = ("days_to_close",)

    examples: Examples
    hazard: Hazard
    simulation: Simulation
    series: Series
    baselines: Baselines


@cache
def parameters() -> Parameters:
    """Return the parameters that the next training uses.

    Raises:
        ConfigurationError: the file is wrong; every fault is listed.
    """
    return framework.read(Parameters, Path(__file__).with_name(framework.FILE))
