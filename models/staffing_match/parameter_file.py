"""The parameters of staffing; ``parameters.yml`` beside this module says what each means."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from features.staffing_match.frame import FEATURES
from models.framework import parameters as framework

GRADES = 4


class Examples(framework.Section):
    """At which moments requests are looked at, and how many it takes."""

    max_times: int = Field(ge=2)
    grid_weeks: int = Field(ge=1)
    warm_up_days: int = Field(ge=0)
    min_requests: int = Field(ge=4)
    spans: int = Field(ge=2, le=20)


class Grades(framework.Section):
    """What ratings count as."""

    good: float = Field(ge=0, le=1)
    great: float = Field(ge=0, le=1)
    unrated: float = Field(ge=0, le=1)


class Trees(framework.Trees):
    """Ranking trees."""

    truncation_level: int = Field(ge=1)
    label_gain: tuple[int, ...] = Field(min_length=GRADES, max_length=GRADES)

    def lightgbm(self) -> dict[str, Any]:
        """Return them as LightGBM takes them, with the ranking's own."""
        own = {"lambdarank_truncation_level": self.truncation_level, "label_gain": list(self.label_gain)}
        return {**super().lightgbm(), **own}


class Picks(framework.Section):
    """The ranker of past picks."""

    penalty: float = Field(gt=0)
    trees_part: float = Field(ge=0)
    farthest: float = Field(gt=0)
    trees: Trees


class Outcome(framework.Section):
    """The expected rating and its part in the blend."""

    ridge: float = Field(gt=0)
    share: float = Field(ge=0, le=1)


class Chance(framework.Section):
    """The probability."""

    edge: float = Field(gt=0, lt=0.5)


class Weights(framework.Section):
    """What a resource manager looks at first; sums to one."""

    coverage: float = Field(ge=0, le=1)
    availability: float = Field(ge=0, le=1)
    seniority_fit: float = Field(ge=0, le=1)
    same_role: float = Field(ge=0, le=1)
    same_region: float = Field(ge=0, le=1)
    with_client: float = Field(ge=0, le=1)
    past_rating: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = math.fsum(self.model_dump().values())
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ValueError(f"weights that sum to 1, not to {total:g}")
        return self


class Hand(framework.Section):
    """The hand weights."""

    weights: Weights
    chance: float = Field(gt=0, le=1)


class Baselines(framework.Section):
    """What the benchmark takes."""

    decay: float = Field(gt=0, lt=1)
    min_candidates: int = Field(ge=1)


class Parameters(framework.ScoreParameters):
    """All parameters of the score."""

    offered: ClassVar[tuple[str, ...]] = FEATURES

    examples: Examples
    grades: Grades
    picks: Picks
    outcome: Outcome
    chance: Chance
    hand: Hand
    baselines: Baselines


@cache
def parameters() -> Parameters:
    """Return the parameters that the next training uses.

    Raises:
        ConfigurationError: the file is wrong; every fault is listed.
    """
    return framework.read(Parameters, Path(__file__).with_name(framework.FILE))
