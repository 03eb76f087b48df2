"""Reliability: predicted probability against observed frequency, by decile."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.framework.metrics import columns
from models.framework.risk_model import Benchmark

TENTHS = 10
# A benchmark with this metric predicts the probability of its label.
OF_PROBABILITIES = "brier↓"


@dataclass(frozen=True)
class Tenth:
    """The held-out rows whose probability lies in one tenth: how many, mean probability, the share that came true."""

    n: int
    predicted: float
    observed: float


def reliability(benchmark: Benchmark) -> list[Tenth]:
    """Return the tenths that hold any row, the lowest first; empty where the model predicts no probability."""
    if OF_PROBABILITIES not in benchmark.metrics:
        return []
    label, probability = columns(benchmark.frame, "label", benchmark.candidates[0])
    place = np.clip((probability * TENTHS).astype(int), 0, TENTHS - 1)
    held = [place == tenth for tenth in range(TENTHS)]
    return [
        Tenth(int(own.sum()), float(probability[own].mean()), float(label[own].mean())) for own in held if own.any()
    ]


def to_text(tenths: Sequence[Tenth]) -> str:
    """Return tenths as they are kept with a version: JSON, to four digits."""
    return json.dumps([[one.n, round(one.predicted, 4), round(one.observed, 4)] for one in tenths])
