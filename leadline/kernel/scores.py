"""The six scores by name: the same in every folder, mart, experiment and queue category."""

from __future__ import annotations

from leadline.kernel.errors import Fault, UsageError

SCORES = (
    "invoice_dispute",
    "margin_erosion",
    "revenue_leakage",
    "time_expense_anomaly",
    "staffing_match",
    "pipeline_capacity",
)


def choose(names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return the scores asked for, in their fixed order; all six when none is named.

    Raises:
        UsageError: a name is not a score; every wrong name is listed.
    """
    wrong = [name for name in names if name not in SCORES]
    if wrong:
        raise UsageError(
            "Unknown score." if len(wrong) == 1 else "Unknown scores.",
            faults=[Fault(where="SCORE", expected="one of " + ", ".join(SCORES), found=name) for name in wrong],
            next_step="leadline doctor lists the scores and what each needs",
        )
    return tuple(score for score in SCORES if not names or score in names)
