"""The catalogue of sentences: every one in every language, with the same slots, and no figure of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from leadline.kernel import facts
from leadline.kernel.contracts import entities
from leadline.kernel.facts import KINDS
from leadline.kernel.rendering import Renderer
from leadline.kernel.scores import SCORES
from leadline.kernel.statements import Statement
from leadline.kernel.templates import FOLDER, LANGUAGES, WITHOUT, slots_of, strays, templates, terms

ROOT = Path(facts.__file__).parents[2]
# Sentences whose constant text holds a figure: none. One that must is listed here, with why.
WITH_FIGURES: tuple[str, ...] = ()
# Ids that code puts together: family, then a code of the score.
FAMILIES = re.compile(
    r"(title|expected|seen|do|proof|manager|account|scope|scope_controller|series_title|waiting|tasks)_\w+"
    r"|past_(overrun|growth)_firm|(hours|week|day|lag|amount)_(person|project|category|merchant|centre)"
)
SAMPLES = {
    "money": facts.money("1234.5", "EUR"),
    "hours": facts.hours(7.5),
    "number": facts.number(3, "weeks"),
    "percentage": facts.percent(0.31),
    "change": facts.change(-0.07),
    "date": facts.day("2026-07-03"),
    "month": facts.month("2026-05"),
    "id": facts.ident("CO-17"),
    "name": facts.name("Harbor Mills"),
    "text": facts.text("as written"),
    "term": facts.term("red"),
    "answer": facts.answer(True),
}


@pytest.mark.parametrize("template", sorted(templates()))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_rendered_with_all_its_slots_and_no_figure_of_its_own(template: str, language: str) -> None:
    wordings = templates()[template]
    assert set(wordings) <= {*LANGUAGES, WITHOUT}
    slots = slots_of(wordings["en"])
    assert set(slots_of(wordings[language])) == set(slots)
    text = Renderer(language).text(Statement(template, {name: facts.ident(f"⟨{name}⟩") for name in slots}))
    assert text is not None
    assert all(f"⟨{name}⟩" in text for name in slots)
    assert "{" not in text
    if template not in WITH_FIGURES:
        assert strays(wordings[language]) == []
        assert not any(letter.isdigit() for letter in re.sub(r"\{\w+\}", "", wordings[language]))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fact_fits_every_language(kind: str) -> None:
    fact = SAMPLES[kind]
    assert fact.kind == kind
    for language in LANGUAGES:
        assert Renderer(language).text(Statement("plain.text", {"text": fact}))


def test_the_languages_differ_where_there_are_words() -> None:
    same = [name for name, wordings in templates().items() if wordings["en"] == wordings["de"]]
    worded = [name for name in same if re.search(r"[A-Za-z]{3}", re.sub(r"\{\w+\}", "", templates()[name]["en"]))]
    assert worded == []


def test_what_is_said_without_a_hidden_fact_asks_for_no_more() -> None:
    pairs = {name: wordings[WITHOUT] for name, wordings in templates().items() if WITHOUT in wordings}
    assert pairs
    for name, other in pairs.items():
        assert set(slots_of(templates()[other]["en"])) < set(slots_of(templates()[name]["en"]))
        assert WITHOUT not in templates()[other]


def test_every_score_has_its_sentences_and_no_sentence_lies_unused() -> None:
    assert {path.stem for path in FOLDER.glob("*.yml")} == {*SCORES, "plain", "terms"}
    code = "\n".join(
        path.read_text("utf-8")
        for folder in ("models", "scoring", "leadline/kernel", "leadline/queue")
        for path in sorted((ROOT / folder).rglob("*.py"))
    )
    siblings = {wordings[WITHOUT] for wordings in templates().values() if WITHOUT in wordings}
    names = {name: name.partition(".")[2] for name in templates() if name not in siblings}
    codes = set(terms())  # the rules' sentences have the rules' codes
    unused = [
        name
        for name, own in names.items()
        if not FAMILIES.fullmatch(own) and own not in codes and f'"{own}"' not in code and f'"{name}"' not in code
    ]
    assert unused == []


def test_every_term_has_a_word_in_every_language() -> None:
    assert [code for code, words in terms().items() if set(words) != set(LANGUAGES)] == []
    assert [entity for entity in entities() if entity not in terms()] == []
    assert [score for score in SCORES if score not in terms()] == []


def test_every_state_that_a_contract_allows_and_a_reason_may_show_has_a_word() -> None:
    shown = {("invoice", "status"), ("change_order", "status"), ("dispute", "cause_code"), ("project", "status")}
    allowed = {code for entity, column in shown for code in entities()[entity].columns[column].allowed}
    assert sorted(allowed - set(terms())) == []


def test_the_console_and_the_sentences_call_a_record_the_same() -> None:
    from leadline.app.console.language import texts

    german = texts("de")
    differ = {
        name: (terms()[name]["de"][1], german.gettext(name.replace("_", " ")))
        for name in entities()
        if terms()[name]["de"][1] != german.gettext(name.replace("_", " "))
    }
    assert differ == {}
