"""Close pairs transitively: what is one with one of them is one with all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


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
