"""Which time entries and expenses a reviewer will find to be a breach or an error.

The face of the score: what `models.framework.risk_model` asks of every risk model.
"""

from models.time_expense_anomaly.risk_model import (
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
    predict,
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
    "predict",
]
