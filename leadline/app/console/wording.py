"""How a page writes money, figures, moments and codes, in the language of the reader.

Days and moments are ISO and UTC in every language, since ``03/04`` has two meanings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from babel.numbers import format_decimal

from leadline.app.console.language import ENGLISH, texts
from leadline.kernel.rendering import percent_sign
from leadline.queue.records import QueuedException

NOTHING = "–"
# As JSON keeps money and hours: two places. Ids and versions are none.
_DECIMAL = re.compile(r"-?\d{1,15}\.\d\d")


def filters(language: str) -> dict[str, Callable[..., str]]:
    """Return the filters of the templates, bound to a language."""
    spoken = (amount, cents, whole, percent, whole_percent, words, chance, size, readable)
    return {one.__name__: partial(one, language=language) for one in spoken} | {"moment": moment, "day": day}


def amount(value: Decimal, *, language: str = ENGLISH) -> str:
    """Return money in whole units: ``12,400``; in German ``12.400``."""
    return _written(value, "#,##0", language)


def cents(value: Decimal, *, language: str = ENGLISH) -> str:
    """Return money in full: ``12,400.50``; in German ``12.400,50``."""
    return _written(value, "#,##0.00", language)


def whole(value: int, *, language: str = ENGLISH) -> str:
    """Return how many: ``12,400``; in German ``12.400``."""
    return _written(value, "#,##0", language)


def percent(value: Decimal, *, language: str = ENGLISH) -> str:
    """Return a ratio in per cent: ``31.1%``; in German ``31,1 %``."""
    return f"{_written(value * 100, '#,##0.0', language)}{percent_sign(language)}"


def whole_percent(value: float, *, language: str = ENGLISH) -> str:
    """Return a ratio in whole per cent: ``31%``; in German ``31 %``."""
    return f"{_written(value * 100, '#,##0', language)}{percent_sign(language)}"


def words(name: str, *, language: str = ENGLISH) -> str:
    """Return a code as words, in the language if its catalogue has them: ``invoice_dispute`` → ``invoice dispute``."""
    spoken = name.replace("re_opened", "re-opened").replace("_", " ")
    return str(texts(language).gettext(spoken)) if spoken else spoken


def moment(at: datetime) -> str:
    """Return a moment, UTC, to the minute."""
    return f"{at:%Y-%m-%d %H:%M}"


def day(at: datetime) -> str:
    """Return a moment's day, UTC."""
    return f"{at:%Y-%m-%d}"


def chance(one: QueuedException, *, language: str = ENGLISH) -> str:
    """Return how likely: ``62%``; between what and what where version 0.1 scored without a probability."""
    if one.probability is None:
        return size(one, language=language)
    return whole_percent(one.probability, language=language)


def size(one: QueuedException, *, language: str = ENGLISH) -> str:
    """Return between what and what a harm lies that has a size: ``0.1 to 0.3 margin points``."""
    if one.band_low is None or one.band_high is None:
        return NOTHING
    to = texts(language).gettext("to")
    low, high = (_short(value, language) for value in (one.band_low, one.band_high))
    return f"{low} {to} {high} {words(one.band_unit or '', language=language)}".strip()


def readable(value: Any, *, language: str = ENGLISH) -> str:
    """Return any value of a record as a person reads it."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, dict):
        pairs = value.items()
        return ", ".join(
            f"{words(str(name), language=language)} {readable(item, language=language)}" for name, item in pairs
        )
    if isinstance(value, float):
        return _written(value, "#,##0.00" if abs(value) >= 1 else "@##", language)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return _written(Decimal(value), "#,##0.00", language)
    return str(value)


def _short(value: float, language: str) -> str:
    return _written(value, "#,##0" if abs(value) >= 10 else "@#", language)


def _written(value: Decimal | float, pattern: str, language: str) -> str:
    return str(format_decimal(value, pattern, locale=language))
