"""The worklist: a user's part of the queue, filtered, the highest expected value first, a page at a time.

Pages go by key, not by number: the next one begins after the last row of this one, which an index finds at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from leadline.queue.claims import Counted, counted_twice, totals_of
from leadline.queue.decisions import decisions_since
from leadline.queue.engine import reading, rows
from leadline.queue.measures import Measures, measure
from leadline.queue.records import QueuedException, queued
from leadline.queue.states import DECIDED, LIVE, WAITING
from leadline.queue.tables import ANSWERS, EXCEPTION, LISTED, OF_LEGAL_ENTITY
from leadline.queue.text_search import contains
from leadline.queue.trail import Difference, Trail, differences, trail

_AT_ONCE = 500
_Row = TypeVar("_Row", bound=tuple[Any, ...])
_Found = tuple[str, Decimal, Decimal, str]


@dataclass(frozen=True)
class RowScope:
    """Row-level security: the rows a user may see. ``legal_entities`` None is all, and rows of none; ``hidden_scores``
    are left out.
    """

    legal_entities: frozenset[str] | None = None
    hidden_scores: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sought:
    """A filter within a row scope; an empty tuple or None means all.

    ``owner`` is who is to act; ``whose`` are the names under which something is one person's (to act on, or in hand);
    ``due_before`` finds what is late; ``text`` is looked for in title, narrative, object and id; ``objects``,
    ``projects``, ``accounts`` and ``persons`` find what is about one of them.
    """

    scores: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    owner: str | None = None
    whose: tuple[str, ...] = ()
    legal_entity: str | None = None
    due_before: datetime | None = None
    text: str = ""
    objects: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Key:
    """Where a page ended: the expected value and id of its last row."""

    expected_value: Decimal
    external_id: str


@dataclass(frozen=True)
class Sum:
    """How many exceptions there are in one currency, and their money, each unit once; currencies are never added up."""

    currency: str
    exceptions: int
    money_at_risk: Decimal
    expected_value: Decimal


@dataclass(frozen=True)
class Listing:
    """One page of what is sought, the highest expected value first, and the sums of all of it."""

    page: tuple[QueuedException, ...]
    sums: tuple[Sum, ...]


@dataclass(frozen=True)
class Total:
    """One score in one currency: what waits, what of it is late, and the value captured.

    What waiting exceptions of two scores both state is in the row of the one that claims it.
    ``looked_at`` is the expected value of what was confirmed or dismissed, net of its reviews; ``worthwhile`` that of
    all that repays its review, decided or live.
    """

    score: str
    currency: str
    waiting: int
    money_at_risk: Decimal
    expected_value: Decimal
    late: int
    late_value: Decimal
    looked_at: Decimal
    worthwhile: Decimal

    @property
    def captured(self) -> Decimal | None:
        """The share of the value that was captured; None where nothing is worthwhile."""
        return self.looked_at / self.worthwhile if self.worthwhile else None


@dataclass(frozen=True)
class Choices:
    """By what a list can be filtered: what occurs within a row scope."""

    owners: tuple[str, ...]
    legal_entities: tuple[str, ...]


class Worklist:
    """What people see of the queue behind an engine, always within a row scope. Reads only."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def listing(self, scope: RowScope, sought: Sought, *, limit: int, after: Key | None = None) -> Listing:
        """Return up to ``limit`` exceptions within a row scope, beginning after a key, and the sums per currency of
        all.
        """
        with reading(self.engine) as connection:
            return listing(connection, scope, sought, limit=limit, after=after)

    def page(self, scope: RowScope, sought: Sought, *, limit: int, after: Key | None = None) -> list[QueuedException]:
        """Return a listing's exceptions alone."""
        return list(self.listing(scope, sought, limit=limit, after=after).page)

    def each(self, scope: RowScope, sought: Sought) -> Iterator[QueuedException]:
        """Yield all exceptions within a row scope, the highest expected value first, as they were at one moment.

        They are read some at a time. Consume it at once: until its end it holds a connection.
        """
        order = (EXCEPTION.c.expected_value.desc(), EXCEPTION.c.external_id.desc())
        query = _matching(select(*LISTED), scope, sought).order_by(*order).execution_options(yield_per=_AT_ONCE)
        with reading(self.engine) as connection:
            yield from map(queued, rows(connection, query))

    def sums(self, scope: RowScope, sought: Sought) -> list[Sum]:
        """Return a listing's sums alone."""
        return list(self.listing(scope, sought, limit=0).sums)

    def kinds(self, scope: RowScope, common: Sought, kinds: Mapping[str, Sought]) -> dict[str, int]:
        """Return how many there are of each kind among what is sought in common within a row scope."""
        with reading(self.engine) as connection:
            return counts(connection, scope, common, kinds)

    def totals(self, scope: RowScope, *, legal_entity: str | None, at: datetime) -> list[Total]:
        """Return what waits, what is late and what was captured within a row scope, by score and currency."""
        with reading(self.engine) as connection:
            return totals(connection, scope, legal_entity=legal_entity, at=at)

    def choices(self, scope: RowScope) -> Choices:
        """Return by which owners and legal entities a list within a row scope can be filtered."""
        with reading(self.engine) as connection:
            return choices(connection, scope)

    def seen(self, scope: RowScope, external_id: str) -> tuple[QueuedException, Trail] | None:
        """Return one exception by its whole id with what happened to it; None when the scope holds no such one."""
        with reading(self.engine) as connection:
            found = one(connection, scope, external_id)
            return None if found is None else (found, trail(connection, external_id))

    def measures(self, scope: RowScope, *, at: datetime) -> list[Measures]:
        """Return how well the queue works within a row scope, score by score, at a moment."""
        with reading(self.engine) as connection:
            found = [queued(row) for row in rows(connection, _matching(select(*LISTED), scope, Sought()))]
            return measure(found, decisions_since(connection, None), at=at)

    def differences(self, now: QueuedException, *, version: int) -> list[Difference]:
        """Return what changed in an exception since an earlier version."""
        with reading(self.engine) as connection:
            return differences(connection, now, version=version)


def listing(
    connection: Connection, scope: RowScope, sought: Sought, *, limit: int, after: Key | None = None
) -> Listing:
    """Return a page after a key and the sums of everything sought, the largest expected value first.

    The sums come from the list's index and the page from the order's; then only the page's rows are read. A text is in
    no index: it is looked for once, and sums and page come from what it found.
    """
    columns = (EXCEPTION.c.currency, EXCEPTION.c.money_at_risk, EXCEPTION.c.expected_value, EXCEPTION.c.external_id)
    found = _matching(select(*columns), scope, sought)
    both = _in_one_query if sought.text else _in_two_queries
    sums, names = both(connection, found, limit, after)
    twice = totals_of(_counted_twice(connection, scope, sought), by=lambda one: one.currency)
    query = select(*LISTED).where(EXCEPTION.c.external_id.in_(names))
    shown = [queued(row) for row in rows(connection, query)]
    ordered = sorted(shown, key=lambda one: (one.expected_value, one.external_id), reverse=True)
    once = [_less(one, *twice[one.currency]) for one in sums]
    return Listing(tuple(ordered), tuple(sorted(once, key=lambda one: (-one.expected_value, one.currency))))


def _counted_twice(connection: Connection, scope: RowScope, sought: Sought) -> list[Counted]:
    return counted_twice(connection, lambda query: _matching(query, scope, sought))


def _less(one: Sum, money: Decimal, expected: Decimal) -> Sum:
    return replace(one, money_at_risk=one.money_at_risk - money, expected_value=one.expected_value - expected)


def _in_two_queries(
    connection: Connection, found: Select[_Found], limit: int, after: Key | None
) -> tuple[list[Sum], list[str]]:
    currency, risk, value, name = found.selected_columns
    sums = found.with_only_columns(currency, func.count(), func.sum(risk), func.sum(value)).group_by(currency)
    names = _page(found.with_only_columns(name), value, name, limit, after)
    return [Sum(*row) for row in connection.execute(sums).tuples()], list(connection.execute(names).scalars())


def _in_one_query(
    connection: Connection, found: Select[_Found], limit: int, after: Key | None
) -> tuple[list[Sum], list[str]]:
    currency, risk, value, name = found.cte("found").prefix_with("MATERIALIZED").c
    sums = select(currency, func.count(), func.sum(risk), func.sum(value), literal("").label("name")).group_by(currency)
    names = _page(select(currency, literal(1), risk, value, name), value, name, limit, after)
    both = connection.execute(union_all(sums, select(names.subquery()))).tuples().all()
    return [Sum(*row[:4]) for row in both if not row[4]], [row[4] for row in both if row[4]]


def _page(
    query: Select[_Row], value: ColumnElement[Decimal], name: ColumnElement[str], limit: int, after: Key | None
) -> Select[_Row]:
    if after is not None:
        same = and_(value == after.expected_value, name < after.external_id)
        query = query.where(value <= after.expected_value, or_(value < after.expected_value, same))
    return query.order_by(value.desc(), name.desc()).limit(limit)


def counts(connection: Connection, scope: RowScope, common: Sought, kinds: Mapping[str, Sought]) -> dict[str, int]:
    """Return how many there are of each kind among what is sought in common, in one pass over the table."""
    columns = [func.count(case((and_(true(), *_asked(kind)), 1))).label(name) for name, kind in kinds.items()]
    row = next(rows(connection, _matching(select(*columns), scope, common)))
    return {name: int(row[name]) for name in kinds}


def totals(connection: Connection, scope: RowScope, *, legal_entity: str | None, at: datetime) -> list[Total]:
    """Return the totals of each score and currency, in one pass over the table; see :class:`Total`."""
    column = EXCEPTION.c
    waits, decided = column.state.in_(WAITING), column.state.in_(DECIDED)
    late = and_(waits, column.due_at < at)
    worthwhile = and_(column.expected_value > Decimal(0), column.state.in_((*LIVE, *DECIDED)))
    columns = (
        *(func.count(case((waits, 1))), func.sum(case((waits, column.money_at_risk)))),
        *(func.sum(case((waits, column.expected_value))), func.count(case((late, 1)))),
        *(func.sum(case((condition, column.expected_value))) for condition in (late, decided, worthwhile)),
    )
    query = select(column.score, column.currency, *columns).group_by(column.score, column.currency)
    found = _matching(query, scope, Sought(legal_entity=legal_entity)).order_by(column.score, column.currency)
    nought = Decimal(0)
    waits_here = _counted_twice(connection, scope, Sought(states=WAITING, legal_entity=legal_entity))
    twice = totals_of(waits_here, by=lambda one: (one.score, one.currency))
    return [
        Total(
            *(score, currency, waiting, (risk or nought) - twice[score, currency][0]),
            *((value or nought) - twice[score, currency][1], late_ones, late_value or nought),
            *(looked_at or nought, worth or nought),
        )
        for score, currency, waiting, risk, value, late_ones, late_value, looked_at, worth in connection.execute(found)
    ]


def one(connection: Connection, scope: RowScope, external_id: str) -> QueuedException | None:
    """Return one exception by its whole id; None when there is none within the scope."""
    query = _matching(select(EXCEPTION), scope, Sought()).where(EXCEPTION.c.external_id == external_id)
    row = next(rows(connection, query), None)
    return None if row is None else queued(row)


def choices(connection: Connection, scope: RowScope) -> Choices:
    """Return by which owners and legal entities the list can be filtered, in any state."""
    return Choices(*(_occurring(connection, column, scope) for column in (ANSWERS, OF_LEGAL_ENTITY)))


def _occurring(connection: Connection, column: ColumnElement[str], scope: RowScope) -> tuple[str, ...]:
    """Return a column's values within a row scope: each is looked for behind the one before, not among all rows."""
    value = select(literal("").label("value")).cte("value", recursive=True)
    behind = _matching(select(column), scope, Sought()).where(column > value.c.value).order_by(column).limit(1)
    value = value.union_all(select(behind.correlate(value).scalar_subquery()).where(value.c.value.is_not(None)))
    found = connection.execute(select(value.c.value).where(value.c.value > "")).scalars()
    return tuple(sorted(found))


def _matching(query: Select[_Row], scope: RowScope, sought: Sought) -> Select[_Row]:
    return query.where(*within(scope), *_asked(sought))


def within(scope: RowScope) -> list[ColumnElement[bool]]:
    """Return the conditions that an exception meets when a scope holds it."""
    limits: list[ColumnElement[bool]] = []
    if scope.legal_entities is not None:
        limits.append(EXCEPTION.c.legal_entity_id.in_(sorted(scope.legal_entities)))
    if scope.hidden_scores:
        limits.append(EXCEPTION.c.score.not_in(scope.hidden_scores))
    return limits


def _asked(sought: Sought) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if sought.scores:
        asked.append(EXCEPTION.c.score.in_(sought.scores))
    if sought.states:
        asked.append(EXCEPTION.c.state.in_(sought.states))
    if sought.owner is not None:
        asked.append(ANSWERS.in_([sought.owner]))
    if sought.whose:
        asked.append(or_(ANSWERS.in_(sought.whose), EXCEPTION.c.handled_by.in_(sought.whose)))
    if sought.legal_entity is not None:
        asked.append(EXCEPTION.c.legal_entity_id == sought.legal_entity)
    if sought.due_before is not None:
        asked.append(EXCEPTION.c.due_at < sought.due_before)
    about = (
        *(("object_id", sought.objects), ("project_id", sought.projects)),
        *(("account_id", sought.accounts), ("person_id", sought.persons)),
    )
    asked += [EXCEPTION.c[column].in_(names) for column, names in about if names]
    if sought.text:
        columns = (EXCEPTION.c.title, EXCEPTION.c.narrative, EXCEPTION.c.object_id, EXCEPTION.c.external_id)
        asked.append(or_(*(contains(column, sought.text) for column in columns)))
    return asked
