"""Ask a published snapshot for metrics by name, in the words a person uses for them and for their slices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from leadline.kernel.errors import HomeError, UsageError
from leadline.warehouse.connection import Answer, query
from leadline.warehouse.metric_engine import Item, compiled, items
from leadline.warehouse.metrics import OWN, Metric, definitions, metrics, named
from leadline.warehouse.snapshot import Snapshot

CURRENCY = "currency"
TIME = "metric_time"
GRAINS = ("day", "week", "month", "quarter", "year")
# Words of a condition that are SQL and not the name of a slice.
SQL_WORDS = {
    *("and", "or", "not", "in", "is", "null", "between", "like", "ilike", "true", "false", "upper", "lower"),
    *("case", "when", "then", "else", "end", "cast", "as", "date", "timestamp", "interval"),
}
TABLE = re.compile(r'"main"\."(\w+)"')
# Text in quotes, or a name: a condition is read no further than that.
TOKEN = re.compile(r"'(?:[^']|'')*'|(?<!\w)[A-Za-z_]\w*")


@dataclass(frozen=True)
class Slice:
    """By what metrics can be sliced.

    Attributes:
        name: what a person asks for.
        path: the same in MetricFlow's words, with the entities on the way to it.
        kind: ``entity`` (an identifier), ``dimension`` or ``time``.
    """

    name: str
    path: str
    kind: str
    description: str


@dataclass(frozen=True)
class Found:
    """What was asked for: the slices, the metrics, a row for each combination of the slices in their order.

    Attributes:
        sql: the statement that answered.
        is_cut: whether there were more rows than asked for.
    """

    slices: tuple[str, ...]
    metrics: tuple[Metric, ...]
    rows: tuple[Mapping[str, Any], ...]
    sql: str
    is_cut: bool


def ask(
    snapshot: Snapshot, names: Sequence[str], *, by: Sequence[str] = (), where: str = "", limit: int = 10_000
) -> Found:
    """Return metrics of a snapshot, sliced by ``by`` and limited to rows that meet ``where``.

    Metrics whose money is in each row's own currency are always sliced by currency too. Grain: one row per combination
    of the slices. Units: those of the metrics; money in the snapshot's reporting currency or the one beside it. As of:
    the snapshot.

    Raises:
        UsageError: no such metric or slice, metrics that cannot be asked for together, or a condition that is none.
        ConfigurationError: MetricFlow is not installed.
        HomeError: the snapshot was built before there was a table that is needed.
        IntegrityError: the database file is not the one that was published.
    """
    names = list(dict.fromkeys(names))
    asked = tuple(_named(name) for name in names)
    known = slices(names)
    shown = list(dict.fromkeys(word.lower() for word in by))
    if any(metric.currency == OWN for metric in asked) and CURRENCY not in shown:
        _refuse_without_currency(names, known)
        shown.append(CURRENCY)
    paths = [_path(word, known, names) for word in shown]
    sql = compiled(names, paths, [_condition(where, known, names)] if where else [])
    answer = _answer(snapshot, sql, where, limit)
    columns = dict(zip([*paths, *names], [*shown, *names], strict=True))
    return Found(tuple(shown), asked, tuple(_rows(answer, columns)), sql, answer.is_cut)


def slices(names: Sequence[str]) -> tuple[Slice, ...]:
    """Return by what all of some metrics can be sliced, by name.

    Raises:
        UsageError: no such metric.
        ConfigurationError: MetricFlow is not installed.
    """
    for name in names:
        _named(name)
    taken: dict[str, Slice] = {}
    for one in (one for item in items(names) for one in _slices_of(item)):
        # What is nearest to the metric has the plain name; the same by way of another entity adds nothing.
        taken.setdefault(one.name, one)
    return tuple(taken[name] for name in sorted(taken))


def _named(name: str) -> Metric:
    """Return the metric of that name; UsageError when there is none."""
    known = {metric.name: metric for metric in metrics()}
    return named(name, known, next_step="leadline metrics list names them")


def _slices_of(item: Item) -> list[Slice]:
    """Return what a person may ask for by one of MetricFlow's items; none for what says nothing of the metric."""
    path = "__".join([*item.links, item.name])
    if item.kind == "entity":
        # The currency of a record that is joined is not that of the metric's money.
        is_misleading = item.name == CURRENCY and item.is_joined
        return [] if is_misleading else [Slice(item.name, path, "entity", _described(item, "entities"))]
    if item.kind != "time_dimension":
        return [Slice(item.name, path, "dimension", _described(item, "dimensions"))]
    time = _model(item)["defaults"]["agg_time_dimension"]
    if item.name == TIME:
        column = _described(item, "dimensions", time)
        return [Slice(grain, f"{TIME}__{grain}", "time", column) for grain in GRAINS]
    # The days of a record that is joined are not the metric's; those of the metric itself are there by their grains.
    return [] if item.is_joined or item.name == time else [Slice(item.name, f"{path}__day", "time", _described(item))]


def _described(item: Item, part: str = "dimensions", name: str = "") -> str:
    """Return what a semantic model says of one of its elements; of an identifier, its column."""
    element = next(one for one in _model(item)[part] if one["name"] == (name or item.name))
    described: str = element.get("description") or element["expr"]
    return described


def _model(item: Item) -> Mapping[str, Any]:
    return next(one for one in definitions().semantic_models if one["name"] == item.model)


def _refuse_without_currency(names: Sequence[str], known: Sequence[Slice]) -> None:
    """Refuse metrics of which some must be sliced by currency and others cannot.

    Raises:
        UsageError: there are such.
    """
    if CURRENCY not in [one.name for one in known]:
        raise UsageError(
            "These metrics cannot be combined.",
            found=", ".join(names),
            expected="metrics that all have a currency, or none",
            next_step="query them one by one; leadline metrics list shows their currencies",
        )


def _path(word: str, known: Sequence[Slice], names: Sequence[str]) -> str:
    """Return a slice in MetricFlow's words.

    Raises:
        UsageError: the metrics have no such slice in common.
    """
    paths = {one.name: one.path for one in known} | {one.path: one.path for one in known}
    column, _, grain = word.rpartition("__")
    if grain in GRAINS and paths.get(column, "").endswith("__day"):
        return f"{paths[column].removesuffix('day')}{grain}"
    if word not in paths:
        near = get_close_matches(word, [one.name for one in known], n=3, cutoff=0.4)
        raise UsageError(
            f"Unknown dimension of {' and '.join(names)}.",
            found=word,
            expected=f"one like {', '.join(near)}" if near else "one of " + ", ".join(one.name for one in known),
            next_step=f"leadline metrics list {' '.join(names)} lists their dimensions",
        )
    return paths[word]


def _condition(where: str, known: Sequence[Slice], names: Sequence[str]) -> str:
    """Return a condition in MetricFlow's words: every name of a slice becomes a reference to it.

    Raises:
        UsageError: it names what the metrics cannot be sliced by, or speaks MetricFlow's words itself.
    """
    if "{" in where or "}" in where:
        raise UsageError("Braces are not allowed in --where.", found=where, expected="such as legal_entity = 'LE-US'")
    kinds = {one.path: one.kind for one in known}

    def referred(match: re.Match[str]) -> str:
        word = match.group()
        if word.startswith("'") or word.lower() in SQL_WORDS:
            return word
        path = _path(word.lower(), known, names)
        if kinds.get(path) == "entity":
            *links, entity = path.split("__")
            return f"{{{{ Entity('{entity}', {links}) }}}}"
        if kinds.get(path) == "dimension":
            return f"{{{{ Dimension('{path}') }}}}"
        column, _, grain = path.rpartition("__")
        return f"{{{{ TimeDimension('{column}', '{grain}') }}}}"

    return TOKEN.sub(referred, where)


def _answer(snapshot: Snapshot, sql: str, where: str, limit: int) -> Answer:
    """Return the answer of a snapshot.

    Raises:
        HomeError: it was built before there was a table that is needed.
        UsageError: the condition is none.
    """
    missing = sorted(set(TABLE.findall(sql)) - set(snapshot.tables))
    if missing:
        raise HomeError(
            "The published snapshot is older than the metric.",
            where=str(snapshot.folder),
            found=f"no table {', '.join(missing)}",
            next_step="leadline build",
        )
    try:
        return query(snapshot, sql, limit=limit)
    except UsageError as exc:
        if not where:
            raise
        raise UsageError(
            "Invalid condition.",
            where=where,
            found=exc.found,
            next_step="write it as after WHERE: text in single quotes, days as '2026-06-30'",
        ) from exc


def _rows(answer: Answer, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return rows under the names that were asked for, in the order asked."""
    found = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return [{shown: row[column] for column, shown in columns.items()} for row in found]
