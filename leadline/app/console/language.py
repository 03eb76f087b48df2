"""The languages of the console: which one a browser gets, its texts, and how it writes numbers.

English is in the pages themselves; every other language has one catalogue, ``locale/<language>.po``, read as it is.
What the data says (titles, narratives, names) stays as it was delivered.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import NullTranslations, Translations
from fastapi import Request

LANGUAGES = {"en": "English", "de": "Deutsch"}
COOKIE = "leadline-language"
FOLDER = Path(__file__).parent / "locale"
_ENGLISH = "en"


def language_of(request: Request) -> str:
    """Return the language of an answer: the one chosen on the account page, else the browser's first that we have."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    asked = [part.split(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")]
    return negotiate_locale([name for name in asked if name], list(LANGUAGES), sep="-") or _ENGLISH


@cache
def texts(language: str) -> NullTranslations:
    """Return the catalogue of a language; a text that it lacks is shown in English."""
    if language == _ENGLISH:
        return NullTranslations()
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def tell(request: Request, text: str) -> str:
    """Return a text of a page's code in the language of the answer."""
    return str(texts(language_of(request)).gettext(text))


def whole_units(value: Decimal, language: str) -> str:
    """Return money in whole units: ``12,400``, in German ``12.400``."""
    return str(format_decimal(value, "#,##0", locale=language))


def in_full(value: Decimal, language: str) -> str:
    """Return money in full: ``12,400.50``, in German ``12.400,50``."""
    return str(format_decimal(value, "#,##0.00", locale=language))


def count(value: int, language: str) -> str:
    """Return how many: ``12,400``, in German ``12.400``."""
    return str(format_decimal(value, locale=language))


def percent(value: float, language: str) -> str:
    """Return a share in whole per cent: ``62%``, in German ``62 %``."""
    return str(format_percent(value, locale=language))


def figure(value: float, language: str) -> str:
    """Return a plain figure: in whole units from ten on, below with two digits that count."""
    pattern = "#,##0" if abs(value) >= 10 else "@#"
    return str(format_decimal(value, pattern, locale=language))
