"""Which open projects will end under their approved margin, and at what cost.

The score's as-of feature frame and its label frame.
"""

from features.margin_erosion.frame import FEATURES, features, labels

__all__ = ["FEATURES", "features", "labels"]
