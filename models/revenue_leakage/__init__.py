"""What was earned and not billed, by contract line and period.

The face of the score: what `models.framework.risk_model` asks of every risk model.
"""

from models.revenue_leakage.risk_model import (
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
]
