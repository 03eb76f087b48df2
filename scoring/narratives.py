"""A short plain text per exception, of the finding's own facts, and the check that every figure in it is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from leadline.kernel.errors import IntegrityError
from leadline.kernel.findings import Finding, Reason

MOST_REASONS = 3
# A figure: groups of thousands by comma or (thin, no-break) space, then decimals. Dates are read as one piece before.
_DATE = re.compile(r"\b\d{4}-\d{2}(?:-\d{2})?(?:[T ]\d{2}:\d{2}(?::\d{2})?)?(?![\d-])")
_FIGURE = re.compile(r"\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_IDENTIFIER_EDGE = r"(?<![\w]){}(?![\w])"


def narrate(finding: Finding) -> str:
    """Return the narrative: what it is, what was expected and seen, money and chance, up to three reasons, the action.

    A sentence of the risk model with a figure that is not among the finding's facts is left out (a title is replaced by
    the plain name of the object); what remains is checked once more as a whole.

    Raises:
        IntegrityError: a figure of the final text is not among the facts.
    """
    backed = [sentence for sentence in _sentences(finding) if not unbacked_figures(sentence, finding)]
    if _ended(finding.title) not in backed:
        backed.insert(0, _plain_title(finding))
    text = " ".join(backed)
    require_backed(text, finding)
    return text


def left_out(finding: Finding) -> tuple[str, ...]:
    """Return the sentences that the narrative leaves out because a figure in them is not a fact."""
    return tuple(sentence for sentence in _sentences(finding) if unbacked_figures(sentence, finding))


def require_backed(text: str, finding: Finding) -> None:
    """Refuse a text with a figure that is not among the finding's facts.

    Raises:
        IntegrityError: names every such figure.
    """
    wrong = unbacked_figures(text, finding)
    if wrong:
        raise IntegrityError(
            "The narrative holds figures that are not facts of the finding.",
            where=f"{finding.stem} {finding.object_id}",
            expected="figures out of the finding's facts, money, probability, band, dates and records",
            found=", ".join(wrong),
        )


def unbacked_figures(text: str, finding: Finding) -> tuple[str, ...]:
    """Return the figures of a text that are not among the finding's facts, in order.

    A figure counts as a fact when it equals one at the precision it is written with, as it stands or as a percentage.
    Ids and words that hold digits count when they occur in the finding's ids, string facts or records.
    """
    dates, numbers, words = _facts(finding)
    words |= {spelt for one in dates for spelt in _spellings(one)}
    rest = text
    for word in sorted(words, key=lambda one: (-len(one), one)):
        rest = re.sub(_IDENTIFIER_EDGE.format(re.escape(word)), " ", rest)
    wrong = [found for found in _DATE.findall(rest) if not any(one.startswith(found) for one in dates)]
    figures = _FIGURE.findall(_DATE.sub(" ", rest))
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
    words = f"{finding.stem} of {finding.object_type}".replace("_", " ")
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


def _facts(finding: Finding) -> tuple[set[str], set[Decimal], set[str]]:
    """Return dates, numbers and words with digits that the finding states as facts."""
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
    return dates, numbers, words


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
        found = _DATE.findall(value)
        dates.update(found)
        numbers.update(_number(figure) for figure in _FIGURE.findall(_DATE.sub(" ", value)) if _is_plain(value))
        words.update(word for word in (value, *(part.strip(",;()") for part in value.split())) if _is_identifier(word))


def _spellings(day: str) -> tuple[str, ...]:
    """The ways in which people write a day, beside the ISO one."""
    try:
        moment = date.fromisoformat(day[:10])
    except ValueError:
        return ()
    return (f"{moment:%d %b %Y}", f"{moment.day} {moment:%b %Y}", f"{moment.day} {moment:%B %Y}")


def _is_identifier(word: str) -> bool:
    digits = any(letter.isdigit() for letter in word)
    return digits and any(letter.isalpha() or letter in "-_:+/" for letter in word)


def _is_plain(value: str) -> bool:
    """Whether a text is prose or a plain figure; the digits inside an id are no figures."""
    return " " in value or _FIGURE.fullmatch(value) is not None


def _number(figure: str) -> Decimal:
    return Decimal(re.sub(r"[,\u00a0\u202f ]", "", figure))


def _is_fact(figure: str, numbers: set[Decimal]) -> bool:
    stated = _number(figure)
    step = Decimal(1).scaleb(min(int(stated.as_tuple().exponent), 0))
    return any(_agrees(stated, abs(number) * scale, step) for number in numbers for scale in (1, 100))


def _agrees(stated: Decimal, fact: Decimal, step: Decimal) -> bool:
    """Whether a figure is a fact at the precision it is written with; a half may be rounded either way."""
    try:
        return abs(stated - fact) <= step / 2
    except InvalidOperation:
        return False
