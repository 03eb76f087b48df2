"""What was earned and not billed, by contract line and period.

The score's as-of feature frame and its label frame.
"""

from features.revenue_leakage.frame import features, labels, leaks

__all__ = ["features", "labels", "leaks"]
