"""The executive digest: the queue in a few sentences, each figure with the query that answers it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadline.kernel import facts
from leadline.kernel.facts import Fact
from leadline.kernel.rendering import RenderedText, fill, joined
from leadline.queue.claims import own_money
from leadline.queue.records import QueuedException

LARGEST = 3
# Trend: new work in this span against the span before it.
SPAN = timedelta(days=7)
QUEUE, ONE = "queue:", "exception:"


@dataclass(frozen=True)
class Questions:
    """Answers query keys about what waits: ``queue:count/late``, ``queue:money/score=margin_erosion/currency=EUR``,
    ``exception:3fa94c…/due_at``.

    After the measure (``count``, ``money``, ``oldest``) come filters: ``score=``, ``currency=``, ``late`` (past its due
    time), ``new`` (first found in the seven days to the latest as-of) and ``before`` (in the seven before those).
    """

    waiting: Sequence[QueuedException]
    at: datetime

    def __call__(self, key: str) -> Fact | None:
        """Return the answer to a key, counted again; None where it is no query key."""
        if key.startswith(ONE):
            return self._of_one(key)
        measure, *filters = key.removeprefix(QUEUE).split("/")
        found = [one for one in self.waiting if all(self._is(one, condition) for condition in filters)]
        if measure == "count":
            return facts.number(len(found), "exceptions").by(key)
        currencies = {one.currency for one in found}
        if measure == "money" and len(currencies) == 1:
            ((currency, total),) = own_money(found).items()
            return facts.money(total, currency).by(key)
        if measure == "oldest" and found:
            return facts.day(min(one.first_as_of for one in found)).by(key)
        return None

    def _of_one(self, key: str) -> Fact | None:
        external_id, _, column = key.removeprefix(ONE).partition("/")
        one = next((one for one in self.waiting if one.external_id == external_id), None)
        if one is None:
            return None
        answers = {
            "money_at_risk": facts.money(one.money_at_risk, one.currency),
            "object_id": facts.ident(one.object_id),
            "due_at": facts.day(one.due_at),
        }
        return answers[column].by(key) if column in answers else None

    def _is(self, one: QueuedException, condition: str) -> bool:
        name, _, value = condition.partition("=")
        if name in ("score", "currency"):
            return str(getattr(one, name)) == value
        age = self.latest - one.first_as_of
        is_so = {"late": one.due_at < self.at, "new": age < SPAN, "before": SPAN <= age < 2 * SPAN}
        return is_so.get(condition, False)

    @property
    def latest(self) -> datetime:
        """The latest as-of of all that waits."""
        return max(one.as_of for one in self.waiting)


def executive_digest(waiting: Iterable[QueuedException], *, at: datetime) -> RenderedText:
    """Return the digest of what waits as of a moment (UTC): money by score and currency, trend, what is late, the
    largest three. Currencies are never added up, and what two exceptions both state counts once. Persons
    and costs are not in it.
    """
    rows = sorted(waiting, key=lambda one: one.external_id)
    if not rows:
        return RenderedText("Nothing waits.")
    questions = Questions(rows, at)
    made = (_total(rows), _by_score(rows), _trend(rows, at), _largest(rows))
    return joined(sentence.render(questions) for sentence in made)


@dataclass(frozen=True)
class _Sentence:
    """A sentence with ``{q0}``, ``{q1}``, … in place of the answers to its questions."""

    pattern: str
    keys: tuple[str, ...]

    def render(self, questions: Questions) -> RenderedText:
        """Return the sentence with its answers; nothing where a question has none."""
        answers = {f"q{place}": questions(key) for place, key in enumerate(self.keys)}
        known = {slot: fact for slot, fact in answers.items() if fact is not None}
        return fill(self.pattern, known) if len(known) == len(answers) else RenderedText("")


class _Draft:
    """A sentence in the making."""

    def __init__(self) -> None:
        self._keys: list[str] = []

    def ask(self, key: str) -> str:
        """Return the slot of a new question."""
        self._keys.append(key)
        return f"{{q{len(self._keys) - 1}}}"

    def money(self, rows: Iterable[QueuedException], filters: str = "") -> str:
        """Return the slots of the money of each currency, joined in words."""
        currencies = sorted({one.currency for one in rows})
        return " and ".join(self.ask(f"{QUEUE}money{filters}/currency={currency}") for currency in currencies)

    def says(self, pattern: str) -> _Sentence:
        """Return the sentence."""
        return _Sentence(pattern, tuple(self._keys))


def _total(rows: Sequence[QueuedException]) -> _Sentence:
    draft = _Draft()
    return draft.says(f"Waiting are {draft.ask(QUEUE + 'count')} with {draft.money(rows)} at risk.")


def _by_score(rows: Sequence[QueuedException]) -> _Sentence:
    draft, money = _Draft(), Counter[str]()
    for one in rows:
        money[one.score] += int(one.money_at_risk * 100)
    scores = sorted(money, key=lambda score: (-money[score], score))
    parts = [
        f"{score.replace('_', ' ')} {draft.money([one for one in rows if one.score == score], f'/score={score}')}"
        for score in scores
    ]
    return draft.says(f"By score: {', '.join(parts)}.")


def _trend(rows: Sequence[QueuedException], at: datetime) -> _Sentence:
    draft = _Draft()
    new, before = draft.ask(f"{QUEUE}count/new"), draft.ask(f"{QUEUE}count/before")
    late = [one for one in rows if one.due_at < at]
    text = f"New in the last week: {new}, in the week before: {before}; "
    if not late:
        return draft.says(f"{text}late is none.")
    count, oldest = draft.ask(f"{QUEUE}count/late"), draft.ask(f"{QUEUE}oldest/late")
    return draft.says(f"{text}late: {count}, the oldest since {oldest}, with {draft.money(late, '/late')}.")


def _largest(rows: Sequence[QueuedException]) -> _Sentence:
    draft = _Draft()
    largest = sorted(rows, key=lambda one: (-one.money_at_risk, one.external_id))[:LARGEST]
    parts = []
    for one in largest:
        money, name, due = (
            draft.ask(f"{ONE}{one.external_id}/{column}") for column in ("money_at_risk", "object_id", "due_at")
        )
        parts.append(f"{money} on {one.object_type.replace('_', ' ')} {name}, due {due}")
    return draft.says(f"The largest: {'; '.join(parts)}.")
