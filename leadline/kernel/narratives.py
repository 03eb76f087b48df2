"""Narratives: sentences with slots. No text holds a figure, name or date of its own; each is a query key.

A *fact* is a value with the key by which it is asked for again (``finding.money_at_risk``, ``facts.hours``,
``record:invoice_line/IL-1/amount``). A *sentence* names keys; it is told by asking each key again and writing what the
answer says, so that a figure in a text is never older, or other, than its source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from unicodedata import category

CONTROLLER, PROJECT_MANAGER, ACCOUNT_MANAGER = "controller", "project_manager", "account_manager"
READERS = (CONTROLLER, PROJECT_MANAGER, ACCOUNT_MANAGER)

MONEY, NUMBER, PERCENTAGE, DATE, MONTH, ID, NAME = "money", "number", "percentage", "date", "month", "id", "name"
NUMERIC = (MONEY, NUMBER, PERCENTAGE)
# What a fact is about, beside the object itself; who may see it follows from that.
COST, PERSON = "cost", "person"
DUE = "queue.due_at"

SLOT = re.compile(r"⟦(\d+)⟧")
# A date, a figure with groups of thousands by comma or (thin, no-break) space, and a currency code beside it.
DAY = re.compile(r"\b\d{4}-\d{2}(?:-\d{2})?(?:[T ]\d{2}:\d{2}(?::\d{2})?)?(?![\d-])")
FIGURE = re.compile(r"\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_PERHAPS_A_FIGURE = re.compile(r"[^\x00-\x7f]|[0-9%@$]|://")
_CODE = re.compile(r"\b[A-Z]{3}\b")
# Words of three capitals that are no currency.
_WORDS = frozenset({"FTE", "CPI", "SPI", "EAC", "ETC", "BAC", "NTE", "UTC"})


@dataclass(frozen=True)
class Fact:
    """One value that a narrative may quote: its query key, what kind of value, and the value as exact text.

    ``unit`` is the currency of money, and what a number counts, in the plural. ``about`` is ``cost`` or ``person``
    where a cost rate or a person could be told from it. Days are ISO; percentages are shares (0.25 is 25 %).
    """

    key: str
    kind: str
    value: str
    unit: str = ""
    about: str = ""


@dataclass(frozen=True)
class Slot:
    """One quoted fact of a sentence. ``written`` is how a source's text wrote it; empty: in the way of its kind."""

    key: str
    written: str = ""


@dataclass(frozen=True)
class Sentence:
    """Words in which ``⟦n⟧`` stands for the n-th slot, counted from nought."""

    text: str
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True)
class Quote:
    """Where a told text quotes a fact: the place of its first letter, how it is written, and the key it came from."""

    at: int
    written: str
    key: str
    kind: str


@dataclass(frozen=True)
class Told:
    """A narrative as it is read, with all that it quotes, in order."""

    text: str
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True)
class Narratives:
    """The narratives of one exception: the fact record, and each reader's sentences that quote from it."""

    facts: tuple[Fact, ...]
    by_reader: Mapping[str, tuple[Sentence, ...]]


NO_NARRATIVES = Narratives((), {})
Resolve = Callable[[str], Fact | None]


def tell(sentences: tuple[Sentence, ...], resolve: Resolve) -> Told:
    """Return sentences as one text, each key asked for again; a sentence with a fault is left out whole."""
    text, quotes = "", list[Quote]()
    for sentence in sentences:
        if faults_of(sentence, resolve):
            continue
        text += " " if text else ""
        last = 0
        for match, slot in _filled(sentence):
            fact = resolve(slot.key)
            text += sentence.text[last : match.start()]
            if fact is not None:
                form = slot.written or written(fact)
                quotes.append(Quote(len(text), form, slot.key, fact.kind))
                text += form
            last = match.end()
        text += sentence.text[last:]
    return Told(text, tuple(quotes))


def faults_of(sentence: Sentence, resolve: Resolve) -> list[str]:
    """Return why a sentence may not be published: a figure outside its slots, a key without answer, or one whose
    answer is not what is written; slots that are missing, repeated or strange.
    """
    numbers = [int(found) for found in SLOT.findall(sentence.text)]
    faults = [] if sorted(numbers) == list(range(len(sentence.slots))) else ["slots that do not match"]
    faults += strays(SLOT.sub(" ", sentence.text))
    for slot in sentence.slots:
        fact = resolve(slot.key)
        if fact is None:
            faults.append(f"{slot.key} without answer")
        elif slot.written and not states(slot.written, fact):
            faults.append(f"{slot.written} for {slot.key}")
    return faults


def strays(text: str) -> list[str]:
    """Return what in a text without quotes looks like a figure, date, id, address or currency."""
    found = [word for word in text.split() if _PERHAPS_A_FIGURE.search(word) and _is_figure_like(word)]
    return found + [code for code in _CODE.findall(text) if code not in _WORDS]


def written(fact: Fact) -> str:
    """Return a fact in the way of its kind: ``8,030.00 EUR``, ``387.6``, ``5.8 %``, ``2026-07-03``, ``2026-05``."""
    if fact.kind == MONEY:
        return f"{Decimal(fact.value):,.2f} {fact.unit}"
    if fact.kind == PERCENTAGE:
        return _percent(Decimal(fact.value) * 100)
    if fact.kind == NUMBER:
        plain = f"{Decimal(fact.value):,.2f}".rstrip("0").rstrip(".")
        unit = fact.unit.removesuffix("s") if plain == "1" else fact.unit
        return f"{plain} {unit}".strip()
    if fact.kind == DATE:
        return fact.value[:10]
    return fact.value[:7] if fact.kind == MONTH else fact.value


def states(text: str, fact: Fact) -> bool:
    """Return whether a source's text states a fact: at the precision it is written with, in any usual spelling."""
    if fact.kind in NUMERIC:
        figure = _without_unit(text, fact)
        if FIGURE.fullmatch(figure.lstrip("+-")) is None:
            return False
        value = Decimal(fact.value) * (100 if fact.kind == PERCENTAGE else 1)
        return agrees(number(figure), value if figure[0] in "+-" else abs(value))
    if fact.kind in (DATE, MONTH):
        return text in spellings(fact.value) or (len(text) >= 7 and fact.value.replace("T", " ").startswith(text))
    return text == fact.value


def number(figure: str) -> Decimal:
    """Return a written figure as a number; groups of thousands are no part of it."""
    return Decimal(re.sub(r"[,\u00a0\u202f ]", "", figure))


def agrees(stated: Decimal, fact: Decimal) -> bool:
    """Return whether a figure is a value at the precision it is written with; a half may be rounded either way."""
    step = Decimal(1).scaleb(min(int(stated.as_tuple().exponent), 0))
    try:
        return abs(stated - fact) <= step / 2
    except InvalidOperation:
        return False


def spellings(day: str) -> tuple[str, ...]:
    """Return the ways in which people write an ISO day, beside its own; none where it is no day."""
    try:
        moment = date.fromisoformat(day[:10])
    except ValueError:
        return ()
    return (f"{moment:%d %b %Y}", f"{moment.day} {moment:%b %Y}", f"{moment.day} {moment:%B %Y}")


def with_due(narratives: Narratives, due_at: datetime) -> Narratives:
    """Return narratives that quote another due time: the queue keeps an exception's first one."""
    facts = tuple(replace(one, value=due_at.isoformat()) if one.key == DUE else one for one in narratives.facts)
    return replace(narratives, facts=facts)


def as_values(narratives: Narratives) -> dict[str, Any]:
    """Return narratives as JSON-ready values, the form in which the queue stores them."""
    told = {
        reader: [{"text": one.text, "slots": [[slot.key, slot.written] for slot in one.slots]} for one in sentences]
        for reader, sentences in narratives.by_reader.items()
    }
    return {"facts": [list(astuple(one)) for one in narratives.facts], "readers": told}


def from_values(values: Mapping[str, Any] | None) -> Narratives:
    """Return narratives from their stored form; none gives none."""
    if not values:
        return NO_NARRATIVES
    told = {
        reader: tuple(Sentence(one["text"], tuple(Slot(*slot) for slot in one["slots"])) for one in sentences)
        for reader, sentences in values["readers"].items()
    }
    return Narratives(tuple(Fact(*one) for one in values["facts"]), told)


def _without_unit(text: str, fact: Fact) -> str:
    """Return the figure of a written money or percentage, which say so; anything else has no unit."""
    if fact.kind == PERCENTAGE:
        return text[:-1].rstrip() if text.endswith("%") else ""
    if fact.kind == MONEY:
        bare = text.removeprefix(fact.unit) if text.startswith(fact.unit) else text.removesuffix(fact.unit)
        return bare.strip() if bare != text else ""
    return text


def _is_figure_like(word: str) -> bool:
    signs = any(letter.isnumeric() or letter in "%‰@" or category(letter) == "Sc" for letter in word)
    return signs or "://" in word


def _filled(sentence: Sentence) -> Iterator[tuple[re.Match[str], Slot]]:
    for match in SLOT.finditer(sentence.text):
        yield match, sentence.slots[int(match[1])]


def _percent(value: Decimal) -> str:
    """Whole per cent; below ten, and near certainty, one decimal, since nothing is certain."""
    size = abs(value)
    is_whole = size >= Decimal("9.95") and not Decimal("99.5") <= size < 100
    return f"{value:,.0f} %" if is_whole or not value else f"{value:.1f} %"
