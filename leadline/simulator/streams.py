"""Seeded randomness: one independent stream per purpose, so that a change in one block does not stir the others."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np


@dataclass(frozen=True)
class Streams:
    """Generators derived from a seed, a cohort and a name; the same three give the same numbers."""

    seed: int
    cohort: int = 0

    def rng(self, name: str) -> np.random.Generator:
        """Return the stream of one purpose in this cohort."""
        return np.random.default_rng([self.seed, self.cohort, crc32(name.encode())])

    def shared(self, name: str) -> np.random.Generator:
        """Return the stream of one purpose that all cohorts share, such as currency rates."""
        return np.random.default_rng([self.seed, crc32(name.encode())])
