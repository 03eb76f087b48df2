"""Seeded randomness: one independent stream per purpose, so that a change in one block does not stir the others."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np


@dataclass(frozen=True)
class Streams:
    """Generators derived from a seed, a cohort and a name; the same three give the same numbers.

    Effects (what people, clients, deals and projects are like) come from :meth:`rng`; events (what then happens to
    them by chance) from :meth:`events`. Another ``draw`` keeps every effect and redraws the events: the same world,
    sampled again.
    """

    seed: int
    cohort: int = 0
    draw: int = 0

    def rng(self, name: str) -> np.random.Generator:
        """Return the stream of one purpose in this cohort, the same in every draw."""
        return np.random.default_rng([self.seed, self.cohort, crc32(name.encode())])

    def events(self, name: str) -> np.random.Generator:
        """Return the stream of one kind of event in this cohort and draw."""
        return np.random.default_rng([self.seed, self.cohort, crc32(name.encode()), 1 + self.draw])

    def shared(self, name: str) -> np.random.Generator:
        """Return the stream of one purpose that all cohorts share, such as currency rates."""
        return np.random.default_rng([self.seed, crc32(name.encode())])
