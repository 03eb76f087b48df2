"""Hand-offs between systems: how likely one goes wrong, by integration model, project manager and amendments."""

from __future__ import annotations

import numpy as np

from leadline.simulator.days import Floats

# What a better manager (one deviation of quality) and each amendment before it add to the log-odds of a defect.
CARE, WEAR = -0.35, 0.22


def defect_chance(base: float, quality: float | Floats, amendments: float | Floats = 0.0) -> Floats:
    """Return the chance that a hand-off goes wrong.

    ``base`` is the integration model's chance for an average manager and a contract without amendments; 0 is never.
    """
    if not base:
        return np.zeros(np.broadcast(quality, amendments).shape)
    odds = np.log(base / (1 - base)) + CARE * np.asarray(quality) + WEAR * np.asarray(amendments)
    return np.asarray(1 / (1 + np.exp(-odds)))
