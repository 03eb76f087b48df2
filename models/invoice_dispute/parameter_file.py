"""The parameters of invoice disputes; ``parameters.yml`` beside this module says what each means."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from features.invoice_dispute.frame import FEATURES
from models.framework import parameters as framework

# The baseline that is hard to beat: the model starts from it, and falls back to it.
ANCHOR = "client_dispute_rate"
LATE_ANCHOR = "client_late_rate"


class Examples(framework.Section):
    """How many examples it takes, and which of them calibrate and judge."""

    min_per_class: int = Field(ge=2)
    calibration_share: float = Field(gt=0, lt=1)
    calibration_gap_days: int = Field(ge=0)
    judged_days: int = Field(ge=0)


class Logistic(framework.Section):
    """The ridge logistic regression."""

    ridge: float = Field(gt=0)
    widest: float = Field(gt=0)


class Calibration(framework.Section):
    """Platt's line."""

    platt_penalty: float = Field(ge=0)


class Trees(framework.Trees):
    """The boosted trees, and when they count as much as the logistic half."""

    half_at: int = Field(ge=1)


class Late(framework.Section):
    """Until which age of an invoice, in days, lateness is learned and stated."""

    learned_days: int = Field(ge=0)
    stated_days: int = Field(ge=0)


class Parameters(framework.ScoreParameters):
    """All parameters of the score."""

    offered: ClassVar[tuple[str, ...]] = FEATURES
    needed: ClassVar[tuple[str, ...]] = (ANCHOR, LATE_ANCHOR)

    examples: Examples
    logistic: Logistic
    calibration: Calibration
    trees: Trees
    late: Late


@cache
def parameters() -> Parameters:
    """Return the parameters that the next training uses.

    Raises:
        ConfigurationError: the file is wrong; every fault is listed.
    """
    return framework.read(Parameters, Path(__file__).with_name(framework.FILE))
