"""What each reader reads of an exception: lines of statements, in no language.

A *line* is one sentence of a narrative, made of one statement or of two (``Why:`` and the reason).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from leadline.kernel import statements
from leadline.kernel.facts import Fact
from leadline.kernel.statements import Statement

DUE = "queue.due_at"

Line = tuple[Statement, ...]


@dataclass(frozen=True)
class Narratives:
    """The lines of each reader."""

    by_reader: Mapping[str, tuple[Line, ...]]


NO_NARRATIVES = Narratives({})


def with_due(narratives: Narratives, due_at: datetime) -> Narratives:
    """Return narratives that quote another due time: the queue keeps an exception's first one."""

    def moved(_: str, fact: Fact) -> Fact:
        return replace(fact, value=due_at.isoformat()) if fact.key == DUE else fact

    return changed(narratives, lambda statement: statement.changed(moved))


def changed(narratives: Narratives, change: Callable[[Statement], Statement]) -> Narratives:
    """Return narratives with every statement replaced by what ``change`` makes of it."""
    return Narratives(
        {
            reader: tuple(tuple(change(statement) for statement in line) for line in lines)
            for reader, lines in narratives.by_reader.items()
        }
    )


def as_values(narratives: Narratives) -> dict[str, Any]:
    """Return narratives as JSON-ready values, the form in which the queue stores them."""
    by_reader = {
        reader: [[statements.as_values(statement) for statement in line] for line in lines]
        for reader, lines in narratives.by_reader.items()
    }
    return {"lines": by_reader}


def from_values(values: Mapping[str, Any] | None) -> Narratives:
    """Return narratives from their stored form; none, or the form of version 0.1.0, gives none."""
    if not values or "lines" not in values:
        return NO_NARRATIVES
    return Narratives(
        {
            reader: tuple(tuple(statements.from_values(statement) for statement in line) for line in lines)
            for reader, lines in values["lines"].items()
        }
    )
