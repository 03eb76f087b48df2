"""The sentences that Leadline can say, each in every language, with named slots in place of figures.

One file per score in ``texts/``: an id, then the sentence by language, and perhaps (``without``) the id of what is said
to those who may not see a fact of it. ``terms.yml`` has the words for codes, and the
singular and plural of what numbers count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unicodedata import category

ENGLISH, GERMAN = "en", "de"
LANGUAGES = (ENGLISH, GERMAN)
FOLDER = Path(__file__).parent / "texts"
TERMS = "terms"
# Text that has no template: what version 0.1.0 stored, and what a source wrote.
PLAIN = "plain.text"
# Beside the languages, a sentence may name the one that is said where a fact of it may not be seen.
WITHOUT = "without"
SLOT = re.compile(r"\{(\w+)\}")

# Three capitals may be a currency; these are words.
_CURRENCY = re.compile(r"\b[A-Z]{3}\b")
_WORDS = frozenset({"FTE", "CPI", "SPI", "EAC", "ETC", "BAC", "NTE", "UTC"})

Template = Mapping[str, str]


@cache
def templates() -> Mapping[str, Template]:
    """Return every sentence by id (``<file>.<name>``), in every language."""
    found = {
        f"{path.stem}.{name}": MappingProxyType(dict(wording))
        for path in sorted(FOLDER.glob("*.yml"))
        if path.stem != TERMS
        for name, wording in _read(path).items()
    }
    return MappingProxyType(found)


@cache
def terms() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Return the words for each code by language, each as singular and plural; a code has often only one form."""
    return {
        code: {language: _forms(word) for language, word in words.items()}
        for code, words in _read(FOLDER / f"{TERMS}.yml").items()
    }


@cache
def slots_of(pattern: str) -> tuple[str, ...]:
    """Return the names of a sentence's slots, in order, each once."""
    return tuple(dict.fromkeys(SLOT.findall(pattern)))


def word_for(code: str, language: str, *, is_one: bool = False) -> str:
    """Return the word for a code; one that has none in the catalogue is its own word."""
    forms = terms().get(code, {})
    singular, plural = forms.get(language) or forms.get(ENGLISH) or (code.replace("_", " "),) * 2
    return singular if is_one else plural


def strays(text: str) -> list[str]:
    """Return what in a sentence, outside its slots, looks like a figure, date, id, address or currency."""
    return [word for word in SLOT.sub(" ", text).split() if _is_figure_like(word)]


def _is_figure_like(word: str) -> bool:
    signs = any(letter.isnumeric() or letter in "%‰@" or category(letter) == "Sc" for letter in word)
    return signs or "://" in word or any(code not in _WORDS for code in _CURRENCY.findall(word))


def _forms(word: str | list[str]) -> tuple[str, str]:
    return (word, word) if isinstance(word, str) else (word[0], word[1])


def _read(path: Path) -> dict[str, Any]:
    import yaml  # loaded by what says a sentence, not by --help

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    return found
