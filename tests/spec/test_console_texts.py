"""Every text of the console is in every language, with the same places for what is put in."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po

from leadline.app.console.language import ENGLISH, FOLDER, LANGUAGES
from tests.support.texts import used

CATALOGUES = sorted(set(LANGUAGES) - {ENGLISH})
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\}|</?\w+[^>]*>")


def _texts(language: str) -> dict[str, str]:
    with (FOLDER / f"{language}.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale=language) if one.id}


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_catalogue_has_every_text_and_no_other(language: str) -> None:
    said = _texts(language)
    assert sorted(used() - set(said)) == []
    assert sorted(set(said) - used()) == []
    assert [text for text, other in said.items() if not other.strip()] == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_what_is_put_in_and_what_is_marked_up_is_the_same_in_every_language(language: str) -> None:
    wrong = [
        text
        for text, other in _texts(language).items()
        if sorted(_PLACEHOLDER.findall(text)) != sorted(_PLACEHOLDER.findall(other))
    ]
    assert wrong == []
