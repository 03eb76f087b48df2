"""Optional rephrasing of narratives by a language model, which sees words and slots but no data, and is not trusted.

A sentence that comes back is taken only when its slots and the words that carry sense (what is not, more, less, before,
expected, a number in words, …) are the same in the same order, and nothing in it could be a figure, a name or an
address that was not there. Otherwise the sentence stays as it was, and the refusal is counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from leadline.kernel.findings import ScoredException
from leadline.kernel.narratives import Narratives
from leadline.kernel.rendering import Renderer
from leadline.kernel.statements import Statement
from leadline.kernel.templates import SLOT as NAMED_SLOT
from leadline.kernel.templates import strays

# A rephrased sentence may be half as long again, and five words.
LONGER, MORE_WORDS = 1.5, 5

# Words that carry sense: what is not, order and direction, state and chance, size, units of money and time.
_SENSE = """
no non not never none nobody nothing nowhere neither nor without cannot hardly barely scarcely except unless instead
lack above below over under beyond more less fewer most least higher lower larger smaller greater bigger maximum
minimum exceed exceeds up down rise rises rose fall falls fell increase increases decrease decreases gain loss profit
before after until since late later early earlier overdue last next first second
expected seen billed unbilled approved unapproved agreed paid unpaid disputed confirmed rejected planned missing
open closed cost costs margin revenue credit debit owe owes owed due free busy wrong right correct dismiss
may might must will would can could should certain certainly definitely surely sure probably possibly likely
unlikely always ever only all every any some
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands
million millions billion billions trillion k m bn mn mio dozen dozens half halves double doubled twice triple
thrice quarter third couple several many few percent cent pct percentage percentages point points once
dollar dollars euro euros pound pounds sterling franc francs yen cents hour hours day days week weeks month months
year years daily weekly monthly yearly today tomorrow yesterday
january february march april june july august september october november december
monday tuesday wednesday thursday friday saturday sunday
"""
# What stands right before a slot says what the figure is for.
_PREPOSITIONS = (
    "at between by for from in into of off on out over per than through to toward under until via with within"
)
_USUAL_STARTS = """
A An And As At But For From If In It Its Of On Our Please So That The There These They This To We When With You Your
About Agree Ask Book Check Clear Compare Confirm Correct Decide Draw Explain Find Get Go Have Hold Inform Keep Let
Look Make Move Note Offer Plan Propose Put Record Release Remind Review Say See Send Settle Show Speak Stop Take Talk
Tell Use Work
"""
GUARDED, _BEFORE, _STARTERS = (frozenset(words.split()) for words in (_SENSE, _PREPOSITIONS, _USUAL_STARTS))
SLOT = re.compile(r"⟦(\d+)⟧")
_PARTS = re.compile(r"⟦\d+⟧|[^\W\d_]+(?:['’][^\W\d_]+)*")
_BESIDE = re.compile(r"(?P<before>\S*?)(?P<slot>⟦\d+⟧)(?P<after>[^\s⟦]*)")
_TOUCHING = re.compile(r"⟧\S*⟦")
_CONTRARY = ("un", "in", "im", "ir", "il", "dis", "mis", "non", "anti", "de")
_HARMLESS_AFTER = re.compile(r"['’]s|[.,;:!?]*")


@dataclass(frozen=True)
class Text:
    """The sentences of one narrative that a model may put in other words, and whom it is for."""

    reader: str
    sentences: tuple[str, ...]


class Rephraser(Protocol):
    """Something that puts sentences in other words, such as a language model behind a command."""

    def rephrase(self, texts: Sequence[Text]) -> Sequence[Sequence[str]]:
        """Return for each text its sentences in other words, as many as there were.

        Raises:
            RephrasingFailed: it has no answer; the texts stay as they are.
        """
        ...


class RephrasingFailed(Exception):  # noqa: N818 (no error of a command: the night goes on with the texts as they were)
    """The rephraser has no answer; the message says why."""


@dataclass(frozen=True)
class Rephrased:
    """What rephrasing came to: sentences taken, why others were refused, and why nothing came at all."""

    taken: int = 0
    refused: tuple[str, ...] = ()
    failure: str = ""


def rephrased(
    rephraser: Rephraser | None, exceptions: Sequence[ScoredException]
) -> tuple[tuple[ScoredException, ...], Rephrased]:
    """Return exceptions with their narratives in other words where those are safe, and what came of it."""
    texts = [
        Text(reader, tuple(_marked(statement)[0] for line in lines for statement in line if _is_sentence(statement)))
        for exception in exceptions
        for reader, lines in exception.narratives.by_reader.items()
    ]
    if rephraser is None or not texts:
        return tuple(exceptions), Rephrased()
    try:
        answers = list(rephraser.rephrase(texts))
    except RephrasingFailed as exc:
        return tuple(exceptions), Rephrased(failure=str(exc))
    if [len(answer) for answer in answers] != [len(text.sentences) for text in texts]:
        return tuple(exceptions), Rephrased(failure="it answered with another number of sentences")
    return _with_answers(exceptions, answers)


def _with_answers(
    exceptions: Sequence[ScoredException], answers: Sequence[Sequence[str]]
) -> tuple[tuple[ScoredException, ...], Rephrased]:
    taken, refused, rest, made = 0, list[str](), iter(answers), []
    for exception in exceptions:
        by_reader = {}
        for reader, lines in exception.narratives.by_reader.items():
            answer = iter(next(rest))
            rephrased_lines = []
            for line in lines:
                worded = [_worded(one, next(answer)) if _is_sentence(one) else (one, None) for one in line]
                rephrased_lines.append(tuple(statement for statement, _ in worded))
                refused += [why for _, why in worded if why]
                taken += sum(why == "" for _, why in worded)
            by_reader[reader] = tuple(rephrased_lines)
        made.append(replace(exception, narratives=Narratives(by_reader)))
    return tuple(made), Rephrased(taken, tuple(refused))


def _is_sentence(statement: Statement) -> bool:
    """Return whether a statement is a sentence of its own: not ``Why:``, and not text of a source."""
    return Renderer().pattern(statement).endswith((".", "?", "!"))


def _worded(statement: Statement, answer: str) -> tuple[Statement, str]:
    """Return a statement in other words, or as it was and why."""
    original, names = _marked(statement)
    why = refusal(original, answer)
    if why or answer == original:
        return statement, why
    return replace(statement, wording=SLOT.sub(lambda mark: f"{{{names[int(mark[1])]}}}", answer)), ""


def _marked(statement: Statement) -> tuple[str, list[str]]:
    """Return a statement's sentence with a numbered mark in place of each slot, and the slots' names."""
    names = list[str]()

    def mark(slot: re.Match[str]) -> str:
        names.append(slot[1])
        return f"⟦{len(names) - 1}⟧"

    return NAMED_SLOT.sub(mark, Renderer().pattern(statement)), names


def refusal(original: str, answer: str) -> str:
    """Return why a rephrased sentence is refused; empty where it may be used."""
    if not _PARTS.search(answer):
        return "no words"
    if SLOT.findall(answer) != SLOT.findall(original):
        return "other figures, or in another order"
    if strays(SLOT.sub(" ", answer)) or _beside(answer) - _beside(original):
        return "a figure of its own"
    if _sense_of(answer) != _sense_of(original) or _turned(answer, original):
        return "another sense"
    if not answer.strip().endswith((".", "?", "!")) or not set(answer) - set(original) <= _PLAIN:
        return "strange characters"
    if {part.lower() for part in _capitals(answer) - _STARTERS} - _words(original):
        return "a name of its own"
    return "too long" if len(answer.split()) > LONGER * len(original.split()) + MORE_WORDS else ""


_PLAIN = frozenset(map(chr, range(32, 127))) - set('<>[]{}\\|`~^*#_="')


def _sense_of(text: str) -> list[str]:
    """Return slots and the words that carry sense, in order, with the prepositions right before slots."""
    parts = [part if part[0] == "⟦" else part.lower().replace("’", "'") for part in _PARTS.findall(text)]
    return [
        part
        for part, following in pairwise([*parts, ""])
        if part[0] == "⟦" or part in GUARDED or part.endswith("n't") or (part in _BEFORE and following[:1] == "⟦")
    ]


def _beside(text: str) -> set[tuple[str, str, str]]:
    """Return what is glued to slots, but for a full stop, a comma and the like, or the genitive, after one."""
    glued = {(match["slot"], match["before"], match["after"]) for match in _BESIDE.finditer(text)}
    touching = {("", "", found) for found in _TOUCHING.findall(text)}
    return touching | {one for one in glued if one[1] or not _HARMLESS_AFTER.fullmatch(one[2])}


def _turned(answer: str, original: str) -> bool:
    """Return whether a word of the original has become its contrary: valid, invalid."""
    known = _words(original)
    new = _words(answer) - known
    return any(word.removeprefix(prefix) in known for word in new for prefix in _CONTRARY if word.startswith(prefix))


def _words(text: str) -> set[str]:
    return {part.lower() for part in _PARTS.findall(text)}


def _capitals(text: str) -> set[str]:
    return {part for part in _PARTS.findall(text) if part[0].isupper()}
