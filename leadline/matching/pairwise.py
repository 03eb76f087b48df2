"""How right a matching is, pair by pair: over all pairs of records, with clusters closed transitively."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from leadline.matching.clusters import clusters


@dataclass(frozen=True)
class Pairwise:
    """Pairs of records found, true, and both; the shares are null where there is nothing to divide by."""

    found: int
    true: int
    hit: int

    @property
    def precision(self) -> float | None:
        return self.hit / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.hit / self.true if self.true else None

    @property
    def f1(self) -> float | None:
        return 2 * self.hit / (self.found + self.true) if self.found + self.true else None


def pairwise(pairs: Iterable[tuple[str, str]], truth: Mapping[str, str], *, closed: bool = True) -> Pairwise:
    """Count the pairs that a matching makes against the true ones.

    ``truth`` names the real thing behind every record; pairs that leave it are not counted. With ``closed`` they are
    first closed transitively, without they count as they are.
    """
    within = [(left, right) for left, right in pairs if left in truth and right in truth]
    true = _pairs(Counter(truth.values()).values())
    if not closed:
        chosen = set(within)
        return Pairwise(len(chosen), true, sum(truth[left] == truth[right] for left, right in chosen))
    cluster = clusters(within)
    found = _pairs(Counter(cluster.values()).values())
    hit = _pairs(Counter((group, truth[record]) for record, group in cluster.items()).values())
    return Pairwise(found, true, hit)


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)
