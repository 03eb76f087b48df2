"""How far demand and supply of a role in a region will lie apart, week by week.

The face of the score: what `models.framework.risk_model` asks of every risk model.
"""

from models.pipeline_capacity.risk_model import (
    NEEDS,
    NEEDS_ANY,
    OBJECT_TYPE,
    SCORE,
    USES,
    benchmark,
    examples,
    findings,
    fit,
    observation_times,
    parameters,
)

__all__ = [
    "NEEDS",
    "NEEDS_ANY",
    "OBJECT_TYPE",
    "SCORE",
    "USES",
    "benchmark",
    "examples",
    "findings",
    "fit",
    "observation_times",
    "parameters",
]
