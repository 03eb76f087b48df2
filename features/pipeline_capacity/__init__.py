"""How far demand and supply of a role in a region will lie apart, week by week.

The score's as-of feature frame and its label frame.
"""

from features.pipeline_capacity.frame import FEATURES, features, labels

__all__ = ["FEATURES", "features", "labels"]
