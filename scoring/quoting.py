"""Find in a text of a risk model which facts it quotes: each figure, day, id and name gets its query key, or none does.

A figure is matched with what it says it is: one before ``%`` only with a percentage, one beside a currency only with
money of that currency, any other with a plain number. Two facts of the same value are told apart by their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from leadline.kernel.narratives import (
    DATE,
    DAY,
    FIGURE,
    ID,
    MONEY,
    MONTH,
    NAME,
    NUMBER,
    PERCENTAGE,
    Fact,
    Sentence,
    Slot,
    spellings,
    states,
    strays,
)

# Longer is no sentence that a narrative would want.
LONGEST = 400
_CURRENCY_AFTER = re.compile(r"\s?([A-Z]{3})\b")
_CURRENCY_BEFORE = re.compile(r"\b([A-Z]{3})\s?$")
_SIGN = re.compile(r"(?<![\w)])[+-]$")
_PERCENT_AFTER = re.compile(r"\s?%")
# A name inside a sentence begins with a capital; these words do too and are none.
_NO_NAMES = frozenset({"I", "FTE", "CPI", "SPI", "EAC", "ETC", "Seniority"})
_INSIDE = re.compile(r"(?<![.?!:;] )(?<!^)\b[^\W\d_]\w*")

Span = tuple[int, int, Slot]


def quoted(text: str, facts: Sequence[Fact]) -> Sentence | None:
    """Return a text with its figures, days, ids and names as slots; None where one of them is no fact, or may be a
    name that no fact backs.
    """
    if len(text) > LONGEST or "⟦" in text or "⟧" in text:
        return None
    spans: list[Span] = []
    rest = text
    for span in (*_words(text, facts), *_days(text, facts)):
        if not any(span[0] < end and start < span[1] for start, end, _ in spans):
            spans.append(span)
            rest = rest[: span[0]] + " " * (span[1] - span[0]) + rest[span[1] :]
    for match in FIGURE.finditer(rest):
        figure = _figure(rest, match, facts)
        if figure is None:
            return None
        spans.append(figure)
    return _cut(text, sorted(spans, key=lambda span: span[0]))


def _cut(text: str, spans: Sequence[Span]) -> Sentence | None:
    bare, made, last = "", "", 0
    for number, (start, end, _) in enumerate(spans):
        bare += text[last:start] + "x"
        made += f"{text[last:start]}⟦{number}⟧"
        last = end
    bare, made = bare + text[last:], made + text[last:]
    is_clean = not strays(bare) and not any(
        word[0].isupper() for word in _INSIDE.findall(bare) if word not in _NO_NAMES
    )
    return Sentence(made, tuple(slot for _, _, slot in spans)) if is_clean else None


def _words(text: str, facts: Sequence[Fact]) -> Iterator[Span]:
    """Yield where ids and names stand, the longest first."""
    words = {fact.value: fact for fact in reversed(facts) if fact.kind in (ID, NAME) and fact.value in text}
    for word in sorted(words, key=lambda one: (-len(one), one)):
        for match in re.finditer(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text):
            yield *match.span(), Slot(words[word].key, word)


def _days(text: str, facts: Sequence[Fact]) -> Iterator[Span]:
    days = [fact for fact in facts if fact.kind in (DATE, MONTH)]
    for fact in days:
        for spelt in spellings(fact.value):
            if spelt in text:
                start = text.index(spelt)
                yield start, start + len(spelt), Slot(fact.key, spelt)
    for match in DAY.finditer(text):
        backing = next((fact for fact in days if states(match[0], fact)), None)
        if backing is not None:
            yield *match.span(), Slot(backing.key, match[0])


def _figure(text: str, match: re.Match[str], facts: Sequence[Fact]) -> Span | None:
    """Return the span of a figure with its sign and what says which kind it is, and the first fact that it states."""
    start, end = match.span()
    start -= _SIGN.search(text[:start]) is not None
    after, before = _CURRENCY_AFTER.match(text, end), _CURRENCY_BEFORE.search(text[:start])
    kind = NUMBER
    if percent := _PERCENT_AFTER.match(text, end):
        kind, end = PERCENTAGE, percent.end()
    elif after and after[1] not in _NO_NAMES:
        kind, end = MONEY, after.end()
    elif before and before[1] not in _NO_NAMES:
        kind, start = MONEY, before.start()
    written = text[start:end]
    backing = next((fact for fact in facts if fact.kind == kind and states(written, fact)), None)
    return None if backing is None else (start, end, Slot(backing.key, written))
