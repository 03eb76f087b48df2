"""The narratives of an exception as they are read: each key asked again of the row that the queue holds.

What was published is told only while it still is what the exception says; a sentence whose figure moved is left out.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from typing import Any

from leadline.kernel.narratives import DUE, NUMERIC, READERS, Fact, Narratives, Told, from_values, tell, with_due
from leadline.queue.records import QueuedException

# Which reader an exception is first told to, by the role that answers for it; anybody else is told the controller's.
READER_OF = {
    "project_manager": "project_manager",
    "resource_manager": "project_manager",
    "account_manager": "account_manager",
}
_FACTS, _FINDING = "facts.", "finding."


def reader_of(one: QueuedException) -> str:
    """Return the reader whose narrative suits the role that answers for an exception."""
    return READER_OF.get(one.owner_kind, READERS[0])


def told_to(one: QueuedException, reader: str, *, hidden: Collection[str] = ()) -> Told:
    """Return a reader's narrative of an exception; empty where there is none.

    ``hidden`` names what may not be seen (``cost``, ``person``): a sentence that quotes a fact about it is left out.
    """
    narratives = with_due(from_values(one.narratives), one.due_at)
    return tell(narratives.by_reader.get(reader, ()), _Answers(one, narratives, hidden))


class _Answers:
    """Answers query keys: from the row what the row holds, else from the fact record stored with it."""

    def __init__(self, one: QueuedException, narratives: Narratives, hidden: Collection[str]) -> None:
        self._facts = {fact.key: fact for fact in narratives.facts if fact.about not in hidden}
        self._one = one

    def __call__(self, key: str) -> Fact | None:
        fact = self._facts.get(key)
        return fact if fact is not None and self._still_says(fact) else None

    def _still_says(self, fact: Fact) -> bool:
        if not fact.key.startswith((_FACTS, _FINDING)) or fact.key == DUE:
            return True
        return _same(fact, self._value(fact.key))

    def _value(self, key: str) -> Any:
        if key.startswith(_FACTS):
            return self._one.facts.get(key.removeprefix(_FACTS))
        name, _, place = key.removeprefix(_FINDING).removesuffix("]").partition("[")
        value = getattr(self._one, name, None)
        parts = str(value).split(":")
        return parts[int(place)] if place.isdigit() and int(place) < len(parts) else value


def _same(fact: Fact, value: Any) -> bool:
    if value is None:
        return False
    if fact.kind not in NUMERIC:
        return str(value) == fact.value or str(value).replace(" ", "T") == fact.value
    try:
        return _cents(fact, Decimal(str(value))) == _cents(fact, Decimal(fact.value))
    except InvalidOperation:
        return False


def _cents(fact: Fact, value: Decimal) -> Decimal:
    """Return a value at the precision at which the queue keeps it: money to the cent."""
    return value.quantize(Decimal("0.01")) if fact.kind == "money" else value
