"""Who fits an open role, in one plan for all open roles together.

The score's as-of feature frame and its label frame.
"""

from features.staffing_match.frame import FEATURES, features, labels, open_requests

__all__ = ["FEATURES", "features", "labels", "open_requests"]
