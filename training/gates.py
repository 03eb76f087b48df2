"""The gate before promotion: a challenger must not be clearly worse than what it would replace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan

# A challenger may be worse than the best rival by this share.
MARGIN = 0.02
# It may be worse by more where that can be chance: where it is worse in fewer than this share of resampled held-out
# windows.
CERTAIN = 0.9


@dataclass(frozen=True)
class Verdict:
    """What the gate said: the deciding metric, the challenger's figure, and the rival it was held against."""

    passed: bool
    metric: str
    challenger: float
    rival: str
    rival_value: float

    def __str__(self) -> str:
        word = "passed" if self.passed else "failed"
        return f"{word}: {self.metric} {self.challenger:.4f}, best rival {self.rival} {self.rival_value:.4f}"


def higher_is_better(metric: str) -> bool:
    """Return the direction a metric's name ends in: ``auc↑`` is better high, ``brier↓`` low."""
    return not metric.endswith("↓")


def judge(metric: str, values: Mapping[str, float], *, challenger: str, share_worse: Callable[[str], float]) -> Verdict:
    """Hold the challenger against the best of its rivals on one metric.

    It passes unless it is worse by more than ``MARGIN`` of the rival's figure, and surely so: ``share_worse(rival)``
    returns the share of resampled windows in which it is worse, and is asked only then. A challenger without a figure
    fails; rivals without one do not count.
    """
    own = values[challenger]
    rivals = {name: value for name, value in values.items() if name != challenger and not isnan(value)}
    up = higher_is_better(metric)
    if isnan(own) or not rivals:
        return Verdict(not isnan(own), metric, own, "none", float("nan"))
    best = max(rivals, key=lambda name: (rivals[name] if up else -rivals[name], name))
    lead = own - rivals[best] if up else rivals[best] - own
    passed = lead >= -MARGIN * abs(rivals[best]) or share_worse(best) < CERTAIN
    return Verdict(passed, metric, own, best, rivals[best])
