"""Which pairs may be merged without asking, and which records are then one.

A chain of sure pairs can join records that are nothing alike: a with b, b with c. So groups grow from the surest pair
down, and two groups are joined only when most pairs between them are at least likely.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

# Of the pairs between two groups, the share that must be likely before the groups become one.
MIN_LINKED = 0.5


@dataclass(frozen=True)
class Scored:
    """A pair of records and the probability that they are one."""

    left: str
    right: str
    probability: float


def likely_pairs(pairs: pl.DataFrame) -> Sequence[Scored]:
    """Return the rows of :func:`leadline.matching.engine.compare` as scored pairs, in their order."""
    rows = pairs.select("left_id", "right_id", pl.col("probability").cast(float)).iter_rows()
    return [Scored(*row) for row in rows]


def clusters(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return, for every record in a pair, the smallest id of the records it is connected with, itself included."""
    parent: dict[str, str] = {}

    def root(record: str) -> str:
        parent.setdefault(record, record)
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    for left, right in pairs:
        low, high = sorted((root(left), root(right)))
        parent[high] = low
    return {record: root(record) for record in sorted(parent)}


def sure_pairs(likely: Sequence[Scored], *, merge: float) -> set[tuple[str, str]]:
    """Return the pairs that may be merged without asking, closed: each is at or above ``merge`` and within one group.

    ``likely`` holds every pair that is likely at all; one that is missing counts as unlikely.
    """
    group = {record: record for pair in likely for record in (pair.left, pair.right)}
    members = {record: [record] for record in group}
    linked: dict[str, Counter[str]] = defaultdict(Counter)
    for pair in likely:
        linked[pair.left][pair.right] += 1
        linked[pair.right][pair.left] += 1
    for pair in sorted(likely, key=lambda one: (-one.probability, one.left, one.right)):
        if pair.probability < merge:
            break
        one, other = sorted((group[pair.left], group[pair.right]))
        if one != other and linked[one][other] >= MIN_LINKED * len(members[one]) * len(members[other]):
            _join(one, other, group=group, members=members, linked=linked)
    return {(p.left, p.right) for p in likely if p.probability >= merge and group[p.left] == group[p.right]}


def _join(
    one: str, other: str, *, group: dict[str, str], members: dict[str, list[str]], linked: dict[str, Counter[str]]
) -> None:
    """Make ``other`` a part of ``one``: its members, and its likely pairs with third groups."""
    for record in members.pop(other):
        group[record] = one
        members[one].append(record)
    for third, count in linked.pop(other).items():
        del linked[third][other]
        if third != one:
            linked[one][third] += count
            linked[third][one] += count
