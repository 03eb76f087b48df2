"""Rules of business as of any moment: the SQL of the intermediate models, asked again for the day it is needed.

A build writes each intermediate model as a table: the rule *now*. Its SQL names the moment it speaks of as one literal
(`asked_moment` in dbt_project/macros/current.sql), so the same text with another moment in that place is the rule
*then*. A mart and a feature that read one rule cannot disagree.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import polars as pl

from leadline.kernel.errors import ConfigurationError
from leadline.warehouse.database import connect
from leadline.warehouse.point_in_time import naive

if TYPE_CHECKING:
    import duckdb

FILE = "rules.json"
# The literal of the macro `asked_moment`, and the model that says which day and currency a rule speaks of.
END_OF_KNOWLEDGE = "cast('9998-12-31 23:59:59' as timestamp)"
VALUATION = "int_valuation"
# The name under which a rule's SQL finds the published tables: dbt calls a database by its file.
DATABASE = "warehouse"
KEPT_MOMENTS = 2


@dataclass(frozen=True)
class RuleText:
    """The SQL of one rule as dbt compiled it, and the models it reads."""

    sql: str
    reads: tuple[str, ...]


RuleTexts = Mapping[str, RuleText]


def write(texts: RuleTexts, folder: Path) -> None:
    """Write the rules of a build into its folder."""
    content = {name: asdict(text) for name, text in sorted(texts.items())}
    (folder / FILE).write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def read(folder: Path) -> dict[str, RuleText]:
    """Return the rules that a build wrote; none where it was made before rules were kept."""
    if not (folder / FILE).is_file():
        return {}
    content: dict[str, Any] = json.loads((folder / FILE).read_text("utf-8"))
    return {name: RuleText(text["sql"], tuple(text["reads"])) for name, text in content.items()}


class Rules:
    """The rules of one warehouse, answered at one moment after another; safe to share between threads.

    ``connection`` sees the core tables and seeds in the database ``warehouse``. What is worked out for a moment is
    kept until two other moments were asked for: rules that build on each other are worked out once, and so is the
    moment of the labels while features are asked for one past day after another.
    """

    def __init__(self, texts: RuleTexts, connection: duckdb.DuckDBPyConnection, *, reporting_currency: str) -> None:
        self._texts = texts
        self._connection = connection
        self._currency = reporting_currency
        self._made: dict[datetime, set[str]] = {}  # by moment, the one asked for last at the end
        self._lock = Lock()
        connection.execute("set timezone = 'UTC'")

    def answer(self, name: str, *, as_of: datetime, columns: Sequence[str] = ()) -> pl.DataFrame:
        """Return the rows of a rule as known at ``as_of``, in the order that the rule states.

        Columns are those of the model of that name, or only the ``columns`` asked for. Raises
        ConfigurationError when there is no such rule.
        """
        with self._lock:
            moment = naive(as_of)
            self._made[moment] = self._made.pop(moment, set())
            while len(self._made) > KEPT_MOMENTS:
                self._forget(next(iter(self._made)))
            self._make(name, moment)
            rows = self._connection.sql(f"from {table_at(name, moment)}")
            return pl.DataFrame((rows.select(*columns) if columns else rows).to_arrow_table())

    def part(self, name: str, *, as_of: datetime, columns: Sequence[str], where: str) -> pl.DataFrame:
        """Return columns of the rows of a rule for which a SQL condition holds, in no order.

        One statement, so that what these rows do not need is not worked out; nothing is kept of it. Raises
        ConfigurationError when there is no such rule.
        """
        with self._lock:
            moment = naive(as_of)
            steps: dict[str, str] = {}
            self._collect(name, moment, steps)
            given = "with " + ",\n".join(f'"{step}" as ({sql})' for step, sql in steps.items()) if steps else ""
            source = f'"{name}"' if steps else table_at(name, moment)
            statement = f"{given} select {', '.join(columns)} from {source} where {where}"  # noqa: S608 - our own texts
            return pl.DataFrame(self._connection.sql(statement).to_arrow_table())

    def _collect(self, name: str, moment: datetime, steps: dict[str, str]) -> None:
        """Add a rule's SQL after that of the rules it builds on; what is kept for the moment is read, not repeated."""
        kept = self._made.get(moment, set())
        if name in kept or name in steps:
            return
        if name == VALUATION:
            steps[name] = self._valuation(moment)
            return
        text = self._text(name)
        rules, sql = _rules_of(text), text.sql
        for rule in rules:
            self._collect(rule, moment, steps)
            if rule not in kept:
                sql = sql.replace(f'"{DATABASE}"."main"."{rule}"', f'"{rule}"')
        steps[name] = at_moment(sql, rules, moment=moment)

    def _forget(self, moment: datetime) -> None:
        for name in sorted(self._made.pop(moment)):
            self._connection.execute(f"drop table {table_at(name, moment)}")

    def _make(self, name: str, moment: datetime) -> None:
        if name in self._made[moment]:
            return
        if name == VALUATION:
            self._keep(name, moment, self._valuation(moment))
            return
        text = self._text(name)
        rules = _rules_of(text)
        for model in rules:
            self._make(model, moment)
        self._keep(name, moment, at_moment(text.sql, rules, moment=moment))

    def _text(self, name: str) -> RuleText:
        text = self._texts.get(name)
        if text is None:
            raise ConfigurationError(
                "The snapshot has no such rule.",
                found=name,
                expected="one of " + ", ".join(sorted(self._texts)),
                next_step="leadline build --force, with the present version",
            )
        return text

    def _keep(self, name: str, moment: datetime, sql: str) -> None:
        self._connection.execute(f"create temp table {table_at(name, moment)} as {sql}")
        self._made[moment].add(name)

    def _valuation(self, moment: datetime) -> str:
        return (
            f"select cast('{self._currency}' as varchar) as reporting_currency, "
            f"cast({_as_sql(moment)} as date) as valued_on"
        )


def _rules_of(text: RuleText) -> list[str]:
    return [model for model in text.reads if model.startswith("int_")]


def table_at(name: str, moment: datetime) -> str:
    """Return where the rows of a rule as of a moment are kept."""
    return f'temp."{name} {moment.isoformat()}"'


def at_moment(sql: str, rules: Iterable[str], *, moment: datetime) -> str:
    """Return a rule's SQL as of a moment: reading the rules it builds on as of that moment, too."""
    for name in rules:
        sql = sql.replace(f'"{DATABASE}"."main"."{name}"', table_at(name, moment))
    return sql.replace(END_OF_KNOWLEDGE, _as_sql(moment))


def _as_sql(moment: datetime) -> str:
    return f"cast('{moment.isoformat(sep=' ')}' as timestamp)"


def open_rules(database: Path, texts: RuleTexts, *, reporting_currency: str) -> Rules:
    """Open the rules over a published database file, read-only and out of reach of other files."""
    connection = connect()
    place = str(database).replace("'", "''")
    connection.execute(f"attach '{place}' as {DATABASE} (read_only)")
    connection.execute("set enable_external_access = false")
    return Rules(texts, connection, reporting_currency=reporting_currency)
