"""Which invoices will be disputed, short-paid or credited, and who will pay late.

The face of the score: what `models.framework.risk_model` asks of every risk model.
"""

from models.invoice_dispute.risk_model import (
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
