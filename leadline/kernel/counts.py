"""A count with its noun, as English writes it."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a count and its noun: ``1 row``, ``1,200 rows``, ``0 rows``; ``plural`` where it is not the noun and s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
