"""The languages of the console: which one a browser gets, and its texts.

English is in the pages themselves; every other language has one catalogue, ``locale/<language>.po``, read as it is.
What is said of an exception has its sentences in ``kernel/texts``; names stay as they were delivered.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from fastapi import Request

from leadline.app.console import guard

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch"}
COOKIE = "language"
KEPT = timedelta(days=365)
FOLDER = Path(__file__).parent / "locale"


def language_of(request: Request) -> str:
    """Return the language of an answer: the one chosen on the account page, else the browser's first that we have."""
    chosen = guard.cookie(request, COOKIE)
    return chosen if chosen in LANGUAGES else preferred(request.headers.get("accept-language", ""))


def preferred(accepted: str) -> str:
    """Return the first language of an ``Accept-Language`` header that we have, else English."""
    asked = [part.split(";")[0].strip() for part in accepted.split(",")]
    return negotiate_locale([name for name in asked if name], list(LANGUAGES), sep="-") or ENGLISH


@cache
def texts(language: str) -> NullTranslations:
    """Return the catalogue of a language; a text that it lacks is shown in English."""
    if language == ENGLISH:
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
