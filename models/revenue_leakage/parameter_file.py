"""The parameters of revenue leakage; ``parameters.yml`` beside this module says what each means."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from features.revenue_leakage.frame import FEATURES
from models.framework import parameters as framework


class Examples(framework.Section):
    """At which moments projects are looked at, and how many it takes."""

    step_weeks: int = Field(ge=1, le=52)
    max_times: int = Field(ge=2)
    min_projects: int = Field(ge=2)
    min_each: int = Field(ge=1)


class Belief(framework.Section):
    """What people's decisions about an exact class are shrunk to."""

    prior: float = Field(ge=0, le=1)
    prior_decisions: int = Field(ge=1)


class Scope(framework.Section):
    """The learned class."""

    penalty: float = Field(gt=0)
    farthest: float = Field(gt=0)
    edge: float = Field(gt=0, lt=0.5)
    trees: framework.Trees


class Rule(framework.Section):
    """The hours-over-plan rule."""

    pace: float = Field(gt=0)
    over: float = Field(ge=0, le=1)
    within: float = Field(ge=0, le=1)


class Parameters(framework.ScoreParameters):
    """All parameters of the score."""

    offered: ClassVar[tuple[str, ...]] = FEATURES

    examples: Examples
    belief: Belief
    scope: Scope
    rule: Rule


@cache
def parameters() -> Parameters:
    """Return the parameters that the next training uses.

    Raises:
        ConfigurationError: the file is wrong; every fault is listed.
    """
    return framework.read(Parameters, Path(__file__).with_name(framework.FILE))
