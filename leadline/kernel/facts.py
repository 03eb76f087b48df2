"""Typed facts: the values that fill the slots of a statement, each with its kind, its unit and what it is about.

A fact is made once, by the code that knows what the figure means, and never read back out of a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

MONEY, HOURS, NUMBER, PERCENTAGE, CHANGE = "money", "hours", "number", "percentage", "change"
DATE, MONTH, ID, NAME, TEXT, TERM, ANSWER = "date", "month", "id", "name", "text", "term", "answer"
KINDS = (MONEY, HOURS, NUMBER, PERCENTAGE, CHANGE, DATE, MONTH, ID, NAME, TEXT, TERM, ANSWER)
NUMERIC = (MONEY, HOURS, NUMBER, PERCENTAGE, CHANGE)
# What a fact is about, beside the object itself; who may see it follows from that. ``named`` is text from a source that
# holds the name or address of a person or contact.
COST, PERSON, NAMED = "cost", "person", "named"

Value = str | int | float | Decimal | bool | None


@dataclass(frozen=True)
class Fact:
    """One value that a statement may quote: its kind, and the value as exact text.

    ``unit`` is the currency of money, and what a number counts, in the plural. ``about`` is ``cost``, ``person`` or
    ``named`` where a cost or a person could be learned from it. Days are ISO; percentages and changes are shares (0.25
    is 25%); an answer is ``yes`` or ``no``; a term is a code that each language has a word for. ``key`` says where the
    value comes from (``finding.money_at_risk``, ``record:invoice/D1/amount``); empty until it is known.
    """

    kind: str
    value: str
    unit: str = ""
    about: str = ""
    key: str = ""

    def by(self, key: str) -> Fact:
        """Return the fact with the key by which it is found again; one that has a key keeps it."""
        return self if self.key else replace(self, key=key)

    @property
    def is_known(self) -> bool:
        """Whether a figure is a number: a ratio of nothing to nothing is not."""
        return self.kind not in NUMERIC or Decimal(self.value).is_finite()

    @property
    def plain(self) -> Value:
        """The value as JSON has it: money as text, other figures as numbers, an answer as true or false."""
        if self.kind == ANSWER:
            return self.value == "yes"
        if self.kind not in NUMERIC or self.kind == MONEY:
            return self.value
        figure = Decimal(self.value)
        return int(figure) if figure == figure.to_integral_value() and "." not in self.value else float(figure)


Facts = Mapping[str, Fact]


def money(amount: Decimal | float | str, currency: str, *, about: str = "") -> Fact:
    """Return an amount in a currency."""
    return Fact(MONEY, _exact(amount), currency, about)


def hours(value: Decimal | float, *, about: str = "") -> Fact:
    """Return a span of working time in hours."""
    return Fact(HOURS, _exact(value), "hours", about)


def number(value: Decimal | float, unit: str = "", *, digits: int | None = None, about: str = "") -> Fact:
    """Return a count or a plain number; ``unit`` is what it counts, ``digits`` how many places it is rounded to."""
    exact = Decimal(str(value))
    return Fact(NUMBER, _exact(exact if digits is None else round(exact, digits)), unit, about)


def percent(share: Decimal | float, *, about: str = "") -> Fact:
    """Return a share of something: 0.25 is 25%; 1.8 is 180%."""
    return Fact(PERCENTAGE, _exact(share), about=about)


def change(share: Decimal | float, *, about: str = "") -> Fact:
    """Return a relative change, which is written with its sign: 0.05 is +5%."""
    return Fact(CHANGE, _exact(share), about=about)


def day(value: date | str, *, about: str = "") -> Fact:
    """Return a day, or the day of a moment."""
    return Fact(DATE, value if isinstance(value, str) else value.isoformat(), about=about)


def month(value: date | str) -> Fact:
    """Return a month of a year."""
    return Fact(MONTH, value if isinstance(value, str) else value.isoformat())


def ident(value: str, *, about: str = "") -> Fact:
    """Return the key of a record, or several of them."""
    return Fact(ID, value, about=about)


def name(value: str, *, about: str = "") -> Fact:
    """Return a name as its source writes it: of a project, a client, a role, a merchant."""
    return Fact(NAME, value, about=about)


def text(value: str, *, about: str = "") -> Fact:
    """Return any other text of a source."""
    return Fact(TEXT, value, about=about)


def term(code: str) -> Fact:
    """Return a code that each language has a word for (``kernel/texts/terms.yml``)."""
    return Fact(TERM, code)


def answer(value: bool) -> Fact:
    """Return a yes or a no."""
    return Fact(ANSWER, "yes" if value else "no")


def person(person_id: str) -> Fact:
    """Return the id of a person, which not everybody may see."""
    return Fact(ID, person_id, about=PERSON)


def as_values(fact: Fact) -> dict[str, str]:
    """Return a fact as JSON-ready values; what is empty is left out."""
    parts: dict[str, str] = {
        "kind": fact.kind,
        "value": fact.value,
        "unit": fact.unit,
        "about": fact.about,
        "key": fact.key,
    }
    return {label: part for label, part in parts.items() if part or label == "value"}


def from_values(values: Mapping[str, Any]) -> Fact:
    """Return a fact from its stored form."""
    return Fact(**values)


def _exact(value: Decimal | float | str) -> str:
    """Return a figure as it was computed, without an exponent."""
    return f"{Decimal(str(value)):f}"


def of_moment(value: datetime) -> Fact:
    """Return a moment, which is written as its day."""
    return Fact(DATE, value.isoformat())
