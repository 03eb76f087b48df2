"""A short plain text per exception, of the finding's own facts, and the check that every figure in it is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from leadline.kernel.errors import IntegrityError
from leadline.kernel.findings import Finding, Reason
from leadline.kernel.narratives import DAY, FIGURE, agrees, number, spellings

MOST_REASONS = 3
_IDENTIFIER_EDGE = r"(?<![\w]){}(?![\w])"


# Dates, numbers and words with digits, the longest word first.
Facts: TypeAlias = tuple[set[str], set[Decimal], list[str]]
# Whether a text names a person or contact.
Names = Callable[[str], bool]


def nobody(_: str) -> bool:
    """Return that a text names nobody: where nothing is known of people."""
    return False


def narrate(finding: Finding, *, names_somebody: Names = nobody) -> str:
    """Return the narrative: what it is, what was expected and seen, money and chance, up to three reasons, the action.

    A sentence of the risk model with a figure that is not among the finding's facts, or that names a person, is left
    out (a title is replaced by the plain name of the object); what remains is checked once more as a whole.

    Raises:
        IntegrityError: a figure of the final text is not among the facts.
    """
    facts = _facts(finding)
    backed = [one for one in _sentences(finding) if not _unbacked(one, facts) and not names_somebody(one)]
    if _ended(finding.title) not in backed:
        backed.insert(0, _plain_title(finding))
    text = " ".join(backed)
    _require(_unbacked(text, facts), finding)
    return text


def left_out(finding: Finding, *, names_somebody: Names = nobody) -> tuple[str, ...]:
    """Return the sentences that the narrative leaves out because a figure in them is not a fact, or a person named."""
    facts = _facts(finding)
    return tuple(one for one in _sentences(finding) if _unbacked(one, facts) or names_somebody(one))


def require_backed(text: str, finding: Finding) -> None:
    """Refuse a text with a figure that is not among the finding's facts.

    Raises:
        IntegrityError: names every such figure.
    """
    _require(unbacked_figures(text, finding), finding)


def _require(wrong: tuple[str, ...], finding: Finding) -> None:
    if wrong:
        raise IntegrityError(
            "The narrative holds figures that are not facts of the finding.",
            where=f"{finding.score} {finding.object_id}",
            expected="figures out of the finding's facts, money, probability, band, dates and records",
            found=", ".join(wrong),
        )


def unbacked_figures(text: str, finding: Finding) -> tuple[str, ...]:
    """Return the figures of a text that are not among the finding's facts, in order.

    A figure counts as a fact when it equals one at the precision it is written with, as it stands or as a percentage.
    Ids and words that hold digits count when they occur in the finding's ids, string facts or records.
    """
    return _unbacked(text, _facts(finding))


def _unbacked(text: str, facts: Facts) -> tuple[str, ...]:
    dates, numbers, words = facts
    rest = text
    for word in words:
        if word in rest:
            rest = re.sub(_IDENTIFIER_EDGE.format(re.escape(word)), " ", rest)
    wrong = [found for found in DAY.findall(rest) if not any(one.startswith(found) for one in dates)]
    figures = FIGURE.findall(DAY.sub(" ", rest))
    return (*wrong, *(figure for figure in figures if not _is_fact(figure, numbers)))


def _sentences(finding: Finding) -> Iterator[str]:
    yield _ended(finding.title)
    if finding.expected:
        yield _ended(f"Expected: {finding.expected}")
    if finding.seen:
        yield _ended(f"Seen: {finding.seen}")
    yield _stake(finding)
    for reason in sorted(finding.reasons, key=_strongest_first)[:MOST_REASONS]:
        yield _ended(f"Because: {reason.text}")
    if finding.is_random_slice:
        yield "It was drawn at random, so that the queue's precision can be known without bias."
    yield _ended(f"Proposed: {finding.action}")


def _plain_title(finding: Finding) -> str:
    words = f"{finding.score} of {finding.object_type}".replace("_", " ")
    return _ended(f"{words[:1].upper()}{words[1:]} {finding.object_id}")


def _strongest_first(reason: Reason) -> tuple[float, str]:
    return -abs(reason.weight), reason.code


def _ended(text: str) -> str:
    stripped = text.strip()
    return stripped if stripped.endswith((".", "?", "!")) else f"{stripped}."


def _stake(finding: Finding) -> str:
    money = f"{finding.money_at_risk:,.2f} {finding.currency} at risk"
    if finding.probability is not None:
        return f"{money}, with a probability of {_percent(finding.probability)}."
    if finding.band is not None:
        band = finding.band
        spread = f"{_short(band.low)} to {_short(band.high)} {band.unit} (middle {_short(band.middle)})"
        return f"{money}; {spread}, at a level of {band.level:.0%}."
    return f"{money}."


def _percent(probability: float) -> str:
    """Whole per cent; what rounds to certainty keeps a decimal, since nothing is certain."""
    return f"{probability:.0%}" if 0.005 <= probability < 0.995 else f"{probability:.1%}"


def _short(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _facts(finding: Finding) -> Facts:
    """Return dates, numbers and words with digits (the longest first) that the finding states as facts."""
    values: list[object] = [finding.money_at_risk, finding.as_of, *finding.facts.values(), *_band_values(finding)]
    if finding.probability is not None:
        values.append(finding.probability)
    values += [finding.object_id, *finding.object_id.split(":"), *finding.similar]
    values += [finding.legal_entity_id, finding.project_id, finding.account_id, finding.person_id]
    for reason in finding.reasons:
        for record in reason.records:
            values += [record.key, record.value]
    dates, numbers, words = set[str](), set[Decimal](), set[str]()
    for value in values:
        _file(value, dates, numbers, words)
    words |= {spelt for one in dates for spelt in spellings(one)}
    return dates, numbers, sorted(words, key=lambda one: (-len(one), one))


def _band_values(finding: Finding) -> list[float]:
    band = finding.band
    return [] if band is None else [band.low, band.middle, band.high, band.level]


def _file(value: object, dates: set[str], numbers: set[Decimal], words: set[str]) -> None:
    """File one fact under what it can back."""
    if isinstance(value, datetime | date):
        dates.add(value.isoformat())
        dates.add(value.isoformat().replace("T", " "))
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float | Decimal):
        numbers.add(Decimal(str(value)))
    elif isinstance(value, str) and any(letter.isdigit() for letter in value):
        found = DAY.findall(value)
        dates.update(found)
        numbers.update(number(figure) for figure in FIGURE.findall(DAY.sub(" ", value)) if _is_plain(value))
        words.update(word for word in (value, *(part.strip(",;()") for part in value.split())) if _is_identifier(word))


def _is_identifier(word: str) -> bool:
    digits = any(letter.isdigit() for letter in word)
    return digits and any(letter.isalpha() or letter in "-_:+/" for letter in word)


def _is_plain(value: str) -> bool:
    """Whether a text is prose or a plain figure; the digits inside an id are no figures."""
    return " " in value or FIGURE.fullmatch(value) is not None


def _is_fact(figure: str, numbers: set[Decimal]) -> bool:
    stated = number(figure)
    return any(agrees(stated, abs(fact) * scale) for fact in numbers for scale in (1, 100))
