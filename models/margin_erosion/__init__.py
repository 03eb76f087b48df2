"""Which open projects will end under their approved margin, and at what cost.

The face of the score: what `models.framework.risk_model` asks of every risk model.
"""

from models.margin_erosion.risk_model import (
    NEEDS,
    OBJECT_TYPE,
    SCORE,
    USES,
    benchmark,
    examples,
    findings,
    fit,
    harmed,
    observation_times,
    parameters,
    predict,
)

__all__ = [
    "NEEDS",
    "OBJECT_TYPE",
    "SCORE",
    "USES",
    "benchmark",
    "examples",
    "findings",
    "fit",
    "harmed",
    "observation_times",
    "parameters",
    "predict",
]
