"""Risk models: one module per score, each offering the functions of `models.framework.risk_model`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from leadline.kernel.scores import choose

if TYPE_CHECKING:
    from models.framework.risk_model import RiskModel


def load(score: str) -> RiskModel:
    """Return the risk model of a score; only its module is imported.

    Raises:
        UsageError: there is no such score.
    """
    (name,) = choose([score])
    return cast("RiskModel", import_module(f"models.{name}"))
