"""Risk models: one module per stem, each offering the functions of `models.framework.risk_model`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from leadline.kernel.stems import choose

if TYPE_CHECKING:
    from models.framework.risk_model import RiskModel


def load(stem: str) -> RiskModel:
    """Return the risk model of a stem; only its module is imported.

    Raises:
        UsageError: there is no such stem.
    """
    (name,) = choose([stem])
    return cast("RiskModel", import_module(f"models.{name}"))
