"""The records behind findings as the published warehouse has them: whether they are there, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import polars as pl

from leadline.access.warehouse_scope import COSTS
from leadline.kernel.contracts import Column, Entity, entities
from leadline.kernel.findings import Finding
from leadline.kernel.narratives import COST, DATE, ID, MONEY, NAME, NUMBER, PERCENTAGE, PERSON, Fact
from leadline.warehouse.point_in_time import PointInTimeReader

# Columns are quoted by their type: free text never is, but for the names of clients and projects.
KINDS = {
    "money": MONEY,
    "rate": MONEY,
    "fx": NUMBER,
    "ratio": PERCENTAGE,
    "hours": NUMBER,
    "quantity": NUMBER,
    "integer": NUMBER,
    "date": DATE,
    "timestamp": DATE,
}
NAMES = {"account": "name", "project": "name"}
CURRENCY = "currency"
# Entities whose rows are about one person each; an id of them tells of that person.
OF_PERSONS = ("person", "leave", "person_skill", "contact")
# People whose names and addresses may stand in no narrative.
PEOPLE = ("person", "contact")
_WORD = re.compile(r"[\w@.+'-]+")

Row = Mapping[str, object]


def record_key(entity: str, key: str, column: str = "") -> str:
    """Return the query key of a record, or of one of its columns."""
    return f"record:{entity}/{key}" + (f"/{column}" if column else "")


@dataclass(frozen=True)
class Evidence:
    """Rows of the warehouse as known at the as-of, by entity and key, and the personal data no text may hold."""

    rows: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)
    personal: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    def fact(self, entity: str, key: str, column: str = "") -> Fact | None:
        """Return a record's id, or what a column of it says; None where it is not there or may never be quoted."""
        row, contract = self.rows.get(entity, {}).get(key), entities().get(entity)
        if row is None or contract is None:
            return None
        if not column:
            about = PERSON if entity in OF_PERSONS else (COST if "cost_rate" in entity else "")
            return Fact(record_key(entity, key), ID, key, about=about)
        column_contract, value = contract.columns.get(column), row.get(column)
        kind = _kind(contract, column_contract)
        if kind is None or value is None or self.names_somebody(str(value)):
            return None
        unit = str(row.get(CURRENCY) or "") if kind == MONEY else ""
        if kind == MONEY and not unit:
            return None
        text = value.isoformat() if isinstance(value, datetime) else str(value)
        return Fact(record_key(entity, key, column), kind, text, unit, _about(entity, column))

    @cached_property
    def _parts(self) -> frozenset[str]:
        return frozenset(word for first, rests in self.personal.items() for rest in rests for word in (first, *rest))

    def may_name_somebody(self, text: str) -> bool:
        """Return whether a text holds any word of a name or address with a capital, so that it may be about them."""
        return any(word.strip(".") in self._parts for word in _WORD.findall(text) if word[0].isupper() or "@" in word)

    def names_somebody(self, text: str) -> bool:
        """Return whether a text holds the name or address of a person or contact, as it is recorded."""
        if not self.personal:
            return False
        words = [word.strip(".") for word in _WORD.findall(text)]
        return any(
            tuple(words[place + 1 : place + 1 + len(rest)]) == rest
            for place, word in enumerate(words)
            for rest in self.personal.get(word, ())
        )


def read_evidence(reader: PointInTimeReader, findings: Sequence[Finding], *, as_of: datetime) -> Evidence:
    """Return the records that findings stand on, with their client and project, one query per entity."""
    wanted: dict[str, set[str]] = {}
    for finding in findings:
        for entity, key in (("account", finding.account_id), ("project", finding.project_id)):
            if key:
                wanted.setdefault(entity, set()).add(key)
        for reason in finding.reasons:
            for record in reason.records:
                wanted.setdefault(record.entity, set()).add(record.key)
    found = {entity: _rows(reader, entity, sorted(keys), as_of=as_of) for entity, keys in sorted(wanted.items())}
    return Evidence(found, _personal(reader, as_of=as_of) if findings else {})


def _rows(reader: PointInTimeReader, entity: str, keys: Sequence[str], *, as_of: datetime) -> dict[str, Row]:
    contract = entities().get(entity)
    if contract is None or len(contract.key) != 1 or not reader.has(entity):
        return {}
    (own,) = contract.key
    wanted = [name for name, column in contract.columns.items() if name in (own, CURRENCY) or _kind(contract, column)]
    rows = reader.core(entity, as_of=as_of).filter(pl.col(own).is_in(keys)).select(wanted).collect()
    return {row[own]: row for row in rows.iter_rows(named=True)}


def _kind(contract: Entity, column: Column | None) -> str | None:
    """Return as what a column is quoted; None where it never is, as no column of a row about a person is."""
    if column is None or column.personal or contract.name in OF_PERSONS:
        return None
    if NAMES.get(contract.name) == column.name:
        return NAME
    return KINDS.get(column.type)


def _about(entity: str, column: str) -> str:
    return COST if "cost" in column or column in COSTS.get(f"core_{entity}", ()) else ""


def _personal(reader: PointInTimeReader, *, as_of: datetime) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return names and addresses by their first word, each as the words that follow it."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for entity in PEOPLE:
        contract = entities()[entity]
        columns = [name for name, column in contract.columns.items() if column.personal]
        if reader.has(entity):
            rows = reader.core(entity, as_of=as_of).select(columns).unique().collect()
            for first, *rest in _words(value for row in rows.iter_rows() for value in row if value):
                found.setdefault(first, set()).add(tuple(rest))
    return {first: tuple(sorted(rests)) for first, rests in sorted(found.items())}


def _words(values: Iterable[str]) -> Iterable[list[str]]:
    split = ([word.strip(".") for word in _WORD.findall(value)] for value in values)
    return (words for words in split if words)
