"""Which time entries and expenses a reviewer will find to be a breach or an error.

The score's as-of feature frame and its label frame.
"""

from features.time_expense_anomaly.frame import FEATURES, features, labels

__all__ = ["FEATURES", "features", "labels"]
