"""What is said about a finding, as data: the id of a sentence and the facts that fill its slots, in no language.

:mod:`leadline.kernel.rendering` writes it for one reader in one language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from leadline.kernel import facts as fact_values
from leadline.kernel.errors import IntegrityError
from leadline.kernel.facts import Fact, Facts
from leadline.kernel.templates import ENGLISH, PLAIN, slots_of, templates


@dataclass(frozen=True)
class Statement:
    """One sentence: ``template`` names it in the catalogue, ``facts`` fill its slots.

    ``wording`` holds the English sentence in other words, with the same slots, where a rephraser gave it one.
    """

    template: str
    facts: Facts = field(default_factory=dict)
    wording: str = ""

    def keyed(self, place: str) -> Statement:
        """Return the statement with keys for the facts that have none yet: ``<place>/<slot>``."""
        return self.changed(lambda name, fact: fact.by(f"{place}/{name}"))

    def changed(self, change: Callable[[str, Fact], Fact]) -> Statement:
        """Return the statement with each fact replaced by what ``change`` makes of its slot and it."""
        return replace(self, facts={name: change(name, fact) for name, fact in self.facts.items()})


def say(template: str, **facts: Fact) -> Statement:
    """Return a statement.

    Raises:
        IntegrityError: there is no such template, or the facts are not those of its slots.
    """
    known = templates().get(template)
    if known is None:
        raise IntegrityError("There is no such template.", where=template, expected="an id of kernel/texts")
    slots = slots_of(known[ENGLISH])
    if set(slots) != set(facts):
        raise IntegrityError(
            "The facts of a statement are not those of its template.",
            where=template,
            expected=", ".join(sorted(slots)) or "no facts",
            found=", ".join(sorted(facts)) or "no facts",
        )
    return Statement(template, facts)


def plain(text: str, *, about: str = "") -> Statement:
    """Return a text that has no template as a statement; it reads the same in every language."""
    return Statement(PLAIN, {"text": fact_values.text(text, about=about)})


def as_values(statement: Statement) -> dict[str, Any]:
    """Return a statement as JSON-ready values, the form in which the queue stores it."""
    facts = {name: fact_values.as_values(fact) for name, fact in statement.facts.items()}
    values: dict[str, Any] = {"template": statement.template, "facts": facts}
    return values | ({"wording": statement.wording} if statement.wording else {})


def from_values(values: Mapping[str, Any]) -> Statement:
    """Return a statement from its stored form."""
    facts = {name: fact_values.from_values(fact) for name, fact in values["facts"].items()}
    return Statement(values["template"], facts, values.get("wording", ""))
