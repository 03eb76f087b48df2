"""Whatever a model answers: only a text with the same figures in the same places, and no other, is told."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leadline.kernel.compose import render_lines
from leadline.kernel.rendering import Renderer
from scoring.rephrasing import GUARDED, SLOT, Text, refusal, rephrased
from tests.support.narratives import FOUND, narrated_exception


class Answering:
    """A rephraser that answers what a test drew."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.asked: list[Text] = []

    def rephrase(self, texts: Sequence[Text]) -> list[list[str]]:
        self.asked += texts
        return [[self.answers.get(sentence, sentence) for sentence in text.sentences] for text in texts]


TOLD = [narrated_exception(found) for found in FOUND]
_ASKED = Answering({})
rephrased(_ASKED, TOLD)
ORIGINALS = sorted({sentence for text in _ASKED.asked for sentence in text.sentences})
WITH_TWO = [text for text in ORIGINALS if len(SLOT.findall(text)) > 1]
FIGURES = (
    "7",
    "1,000.00",
    "5 %",
    "5%",
    "2026-07-03",
    "INV-2",
    "½",
    "三",
    "Ⅷ",
    "USD 5",
    "€",
    "$",
    "q@x.example",
    "http://x.example",
)


@given(original=st.sampled_from(ORIGINALS))
def test_the_same_words_are_taken(original: str) -> None:
    assert refusal(original, original) == ""


@pytest.mark.parametrize(
    ("original", "answer"),
    [
        ("Client ⟦0⟧ may contest invoice ⟦1⟧.", "Invoice to client ⟦0⟧: they may contest the invoice ⟦1⟧."),
        ("Expected: ⟦0⟧; seen: ⟦1⟧.", "Expected was ⟦0⟧, but seen is ⟦1⟧."),
        ("Release the entries for billing by ⟦0⟧.", "Please release those entries, so that they are billing by ⟦0⟧."),
    ],
)
def test_other_words_of_the_same_sense_are_taken(original: str, answer: str) -> None:
    assert refusal(original, answer) == ""


@pytest.mark.parametrize(
    ("original", "answer"),
    [
        ("Expected: ⟦0⟧; seen: ⟦1⟧.", "Seen: ⟦0⟧; expected: ⟦1⟧."),
        ("Expected: ⟦0⟧; seen: ⟦1⟧.", "Expected: ⟦1⟧; seen: ⟦0⟧."),
        ("Expected: ⟦0⟧; seen: ⟦1⟧.", "Expected: ⟦0⟧⟦1⟧; seen."),
        ("⟦0⟧ is not billed.", "⟦0⟧ is billed."),
        ("⟦0⟧ is billed.", "⟦0⟧ isn't billed."),
        ("⟦0⟧ is billed.", "⟦0⟧ is unbilled."),
        ("⟦0⟧ is on no valid invoice.", "⟦0⟧ is on no invalid invoice."),
        ("Do it by ⟦0⟧.", "Do it after ⟦0⟧."),
        ("Do it by ⟦0⟧.", "Do it from ⟦0⟧."),
        ("Do it by ⟦0⟧.", "Do it within two days of ⟦0⟧."),
        ("⟦0⟧ is at risk.", "-⟦0⟧ is at risk."),
        ("⟦0⟧ is at risk.", "(⟦0⟧) is at risk."),
        ("⟦0⟧ is at risk.", "⟦0⟧k is at risk."),
        ("⟦0⟧ is at risk.", "⟦0⟧ million is at risk."),
        ("⟦0⟧ is at risk.", "Half of ⟦0⟧ is at risk."),
        ("⟦0⟧ is at risk.", "⟦0⟧ per cent is at risk."),
        ("⟦0⟧ is at risk.", "⟦0⟧ of Acme is at risk."),
        ("⟦0⟧ is at risk.", "Quill says that ⟦0⟧ is at risk."),
        ("⟦0⟧ is at risk.", "⟦0⟧ is at risk"),
        ("⟦0⟧ is at risk.", "⟦0⟧ is at\u202e risk."),
        ("⟦0⟧ is at risk.", "⟦0⟧ is at\nrisk."),
        ("⟦0⟧ is at risk.", "⟦0⟧ is at risk." + " It really is so." * 5),
        ("⟦0⟧ is at risk.", ""),
    ],
)
def test_what_changes_a_figure_its_place_or_the_sense_is_refused(original: str, answer: str) -> None:
    assert refusal(original, answer)


@settings(max_examples=80)
@given(original=st.sampled_from(ORIGINALS), figure=st.sampled_from(FIGURES), data=st.data())
def test_a_figure_put_anywhere_is_refused(original: str, figure: str, data: st.DataObject) -> None:
    words = original.split(" ")
    place = data.draw(st.integers(0, len(words)))
    assert refusal(original, " ".join([*words[:place], figure, *words[place:]]))
    at = data.draw(st.integers(0, len(original)))
    assert refusal(original, original[:at] + data.draw(st.sampled_from("0123456789%")) + original[at:])


@settings(max_examples=80)
@given(original=st.sampled_from(ORIGINALS), data=st.data())
def test_a_slot_that_is_lost_doubled_or_replaced_is_refused(original: str, data: st.DataObject) -> None:
    slots = [match[0] for match in SLOT.finditer(original)]
    assume(slots)
    slot = data.draw(st.sampled_from(slots))
    for other in ("", f"{slot} {slot}", "12", "⟦9⟧", f"{slot}0", f"{slot}%", f"-{slot}", f"{slot}/{slot}", "⟦x⟧"):
        assert refusal(original, original.replace(slot, other))


@settings(max_examples=100)
@given(original=st.sampled_from(WITH_TWO), data=st.data())
def test_two_swapped_figures_are_refused(original: str, data: st.DataObject) -> None:
    first, second = data.draw(st.permutations([match[0] for match in SLOT.finditer(original)]))[:2]
    swapped = original.replace(first, "⟦x⟧").replace(second, first).replace("⟦x⟧", second)
    assert refusal(original, swapped)


@settings(max_examples=80)
@given(original=st.sampled_from(ORIGINALS), word=st.sampled_from(sorted(GUARDED)), data=st.data())
def test_a_word_that_carries_sense_is_neither_put_in_nor_left_out(
    original: str, word: str, data: st.DataObject
) -> None:
    words = original.split(" ")
    place = data.draw(st.integers(0, len(words)))
    assert refusal(original, " ".join([*words[:place], word, *words[place:]]))
    guarded = [at for at, one in enumerate(words) if re.sub(r"\W", "", one).lower() in GUARDED]
    assume(guarded)
    gone = data.draw(st.sampled_from(guarded))
    assert refusal(original, " ".join([*words[:gone], *words[gone + 1 :]]))


@settings(max_examples=60, deadline=None)
@given(drawn=st.dictionaries(st.sampled_from(ORIGINALS), st.text("⟦⟧01 .,ab%€Nnot", max_size=60), max_size=8))
def test_whatever_comes_back_the_figures_that_are_told_are_the_same(drawn: dict[str, str]) -> None:
    for before in TOLD:
        (after,), _ = rephrased(Answering(drawn), [before])
        for reader, lines in before.narratives.by_reader.items():
            for language in ("en", "de"):
                words = Renderer(language, audience=reader)
                told, now = render_lines(lines, words), render_lines(after.narratives.by_reader[reader], words)
                assert [(one.written, one.key) for one in now.quotes] == [(one.written, one.key) for one in told.quotes]
