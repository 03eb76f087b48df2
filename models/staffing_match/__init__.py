"""Who fits an open role, in one plan for all open roles together.

The face of the score: what `models.framework.risk_model` asks of every risk model.
"""

from models.staffing_match.risk_model import (
    NEEDS,
    OBJECT_TYPE,
    SCORE,
    USES,
    benchmark,
    examples,
    findings,
    fit,
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
    "observation_times",
    "parameters",
    "predict",
]
