"""Statements as a person reads them: one renderer for each audience and language, which leaves out what is not theirs.

Days and months are ISO in every language, since ``03/04`` has two meanings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from leadline.kernel.facts import (
    ANSWER,
    CHANGE,
    COST,
    DATE,
    HOURS,
    MONEY,
    MONTH,
    NAMED,
    NUMBER,
    PERCENTAGE,
    PERSON,
    TERM,
    Fact,
    Facts,
)
from leadline.kernel.statements import Statement
from leadline.kernel.templates import ENGLISH, SLOT, WITHOUT, slots_of, templates, word_for

GENERAL, CONTROLLER, PROJECT_MANAGER, ACCOUNT_MANAGER = "general", "controller", "project_manager", "account_manager"
READERS = (CONTROLLER, PROJECT_MANAGER, ACCOUNT_MANAGER)
# What an audience never sees, whoever looks: an account manager talks to clients.
HIDDEN: Mapping[str, tuple[str, ...]] = {
    GENERAL: (),
    CONTROLLER: (NAMED,),
    PROJECT_MANAGER: (NAMED,),
    ACCOUNT_MANAGER: (COST, PERSON, NAMED),
}
# What it takes to see a fact that is about something.
_SEEN_BY = {COST: "see_cost_rates", PERSON: "see_personal_data", NAMED: "see_personal_data"}
# Separators of thousands and decimals that differ from English.
_SEPARATORS = {"de": str.maketrans(",.", ".,")}
# And how a language sets its per cent off from the figure.
_PERCENT_SIGNS = {"de": " %"}


@dataclass(frozen=True)
class Quote:
    """Where a text quotes a fact: the place of its first letter, how it is written, and where it comes from."""

    at: int
    written: str
    key: str
    kind: str


@dataclass(frozen=True)
class RenderedText:
    """A text as it is read, with all that it quotes, in order."""

    text: str
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True)
class Renderer:
    """Writes statements for one audience in one language.

    ``hidden`` names what this person may not see (``cost``, ``person``, ``named``), beyond what their audience is
    never sees. A statement with such a fact is said by the template that its own names for that (``without``), else
    left out whole.
    """

    language: str = ENGLISH
    audience: str = GENERAL
    hidden: tuple[str, ...] = ()

    def sees(self, fact: Fact) -> bool:
        """Return whether this reader may see a fact; no one sees a figure that is no number."""
        hidden = (*self.hidden, *HIDDEN[self.audience]) if fact.about else ()
        return fact.about not in hidden and fact.is_known

    def render(self, statement: Statement) -> RenderedText | None:
        """Return a statement with its quotes; None where it quotes what this reader may not see."""
        if all(self.sees(fact) for fact in statement.facts.values()):
            return fill(self.pattern(statement), statement.facts, self.language)
        other = templates().get(statement.template, {}).get(WITHOUT)
        if other is None:
            return None
        slots = slots_of(templates()[other][ENGLISH])
        return self.render(Statement(other, {slot: statement.facts[slot] for slot in slots}))

    def text(self, statement: Statement) -> str | None:
        """Return a statement's text; None where it quotes what this reader may not see."""
        rendered = self.render(statement)
        return None if rendered is None else rendered.text

    def written(self, fact: Fact) -> str | None:
        """Return a fact by itself; None where this reader may not see it."""
        return written(fact, self.language) if self.sees(fact) else None

    def pattern(self, statement: Statement) -> str:
        """Return a statement's sentence with its slots, in this language, else in English.

        A template that this version does not know is rendered as its name and its facts.
        """
        wordings = templates().get(statement.template)
        if statement.wording and (self.language == ENGLISH or wordings is None):
            return statement.wording
        if wordings is None:
            label = statement.template.rpartition(".")[2].replace("_", " ")
            return ", ".join([label, *(f"{name.replace('_', ' ')} {{{name}}}" for name in statement.facts)])
        return wordings.get(self.language) or wordings[ENGLISH]


def fill(pattern: str, facts: Facts, language: str = ENGLISH) -> RenderedText:
    """Return a sentence with its slots filled."""
    text, quotes, last = "", list[Quote](), 0
    for slot in SLOT.finditer(pattern):
        text += pattern[last : slot.start()]
        fact = facts[slot[1]]
        form = written(fact, language)
        if fact.kind == TERM and not text:
            form = form[:1].upper() + form[1:]
        quotes.append(Quote(len(text), form, fact.key, fact.kind))
        text += form
        last = slot.end()
    return RenderedText(text + pattern[last:], tuple(quotes))


def joined(parts: Iterable[RenderedText]) -> RenderedText:
    """Return texts as one, each a sentence of its own."""
    text, quotes = "", list[Quote]()
    for part in (one for one in parts if one.text):
        start = len(text) + bool(text)
        text += f"{' ' if text else ''}{part.text}"
        quotes += _moved(part.quotes, start)
    return RenderedText(text, tuple(quotes))


def ended(text: RenderedText) -> RenderedText:
    """Return a text that ends as a sentence does."""
    return text if text.text.endswith((".", "?", "!", ":")) else RenderedText(f"{text.text}.", text.quotes)


def written(fact: Fact, language: str = ENGLISH) -> str:
    """Return a fact in the way of its kind: ``8,030.00 EUR``, ``387.6 hours``, ``5.8%``, ``2026-07-03``, ``2026-05``.

    In German ``8.030,00 EUR``, ``387,6 Stunden``, ``5,8 %``.
    """
    value = fact.value
    if fact.kind == MONEY:
        return f"{_local(_amount(Decimal(value)), language)} {fact.unit}"
    if fact.kind in (PERCENTAGE, CHANGE):
        return _percent(Decimal(value) * 100, language, sign="+" if fact.kind == CHANGE else "")
    if fact.kind in (NUMBER, HOURS):
        figure = f"{Decimal(value):,.2f}".rstrip("0").rstrip(".")
        unit = word_for(fact.unit, language, is_one=figure == "1") if fact.unit else ""
        return f"{_local(figure, language)} {unit}".strip()
    if fact.kind in (TERM, ANSWER):
        return word_for(value, language)
    if fact.kind == DATE:
        return value[:10]
    return value[:7] if fact.kind == MONTH else value


def percent_sign(language: str = ENGLISH) -> str:
    """Return what follows a figure in per cent: ``94%`` in English, ``94 %`` in German."""
    return _PERCENT_SIGNS.get(language, "%")


def hidden_from(permissions: Collection[str]) -> tuple[str, ...]:
    """Return what somebody with these permissions may not see."""
    return tuple(about for about, permission in _SEEN_BY.items() if permission not in permissions)


def _amount(value: Decimal) -> str:
    """Money has two places; a rate may have four."""
    figure = f"{value:,.4f}"
    return figure[:-2] if figure.endswith("00") else figure.rstrip("0")


def _moved(quotes: Iterable[Quote], by: int) -> Iterator[Quote]:
    return (Quote(quote.at + by, quote.written, quote.key, quote.kind) for quote in quotes)


def _percent(value: Decimal, language: str, *, sign: str) -> str:
    """Whole per cent; below ten, and near certainty, one decimal, since nothing is certain."""
    size = abs(value)
    is_whole = size >= Decimal("9.95") and not Decimal("99.5") <= size < 100
    figure = f"{value:{sign},.0f}" if is_whole or not value else f"{value:{sign},.1f}"
    return f"{_local(figure, language)}{percent_sign(language)}"


def _local(figure: str, language: str) -> str:
    return figure.translate(_SEPARATORS.get(language, {}))
