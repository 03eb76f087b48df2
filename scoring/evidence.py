"""The records behind findings as the published warehouse has them: whether they are there, and what they say.

What a reason shows beside a record is read here, from the column that the risk model named; a figure that a model
computed itself is marked so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import reduce
from operator import and_

import polars as pl

from leadline.access.warehouse_scope import COSTS
from leadline.kernel import facts
from leadline.kernel.contracts import Column, Entity, entities
from leadline.kernel.errors import Fault, IntegrityError
from leadline.kernel.facts import COST, ID, NAME, NAMED, PERSON, TEXT, Fact
from leadline.kernel.findings import Finding, Record
from leadline.warehouse.point_in_time import PointInTimeReader

CURRENCY = "currency"
KEY_PARTS = "|"
# The columns of a client and a project that narratives call them by.
NAMES = {"account": "name", "project": "name"}
# Entities whose rows are about one person each; an id of them tells of that person.
OF_PERSONS = ("person", "leave", "person_skill", "contact")
# People whose names and addresses are for those alone who may see personal data.
PEOPLE = ("person", "contact")
_WORD = re.compile(r"[\w@.+'-]+")

Row = Mapping[str, object]


def record_key(entity: str, key: str, column: str = "") -> str:
    """Return the query key of a record, or of one of its columns."""
    return f"record:{entity}/{key}" + (f"/{column}" if column else "")


@dataclass(frozen=True)
class Evidence:
    """Rows of the warehouse as known at the as-of, by entity and key, and the names and addresses of people."""

    rows: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)
    personal: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    def fact(self, entity: str, key: str, column: str = "") -> Fact | None:
        """Return a record's id, or what a column of it says; None where it is not there or empty."""
        row, contract = self.rows.get(entity, {}).get(key), entities().get(entity)
        if row is None or contract is None:
            return None
        if not column:
            about = PERSON if entity in OF_PERSONS else (COST if "cost_rate" in entity else "")
            return Fact(ID, key, about=about, key=record_key(entity, key))
        value = row.get(column)
        if value is None:
            return None
        found = _typed(contract.columns[column], value, str(row.get(CURRENCY) or ""))
        about = _about(contract, contract.columns[column])
        return self.guarded(replace(found, about=about, key=record_key(entity, key, column)))

    def guarded(self, fact: Fact) -> Fact:
        """Return a fact, marked where it is text from a source that names somebody."""
        if fact.kind in (NAME, TEXT) and not fact.about and self.names_somebody(fact.value):
            return replace(fact, about=NAMED)
        return fact

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


def with_evidence(finding: Finding, evidence: Evidence) -> Finding:
    """Return a finding whose records say what the warehouse says, and whose facts are marked where they name somebody.

    Raises:
        IntegrityError: a reason names a column that its entity does not have.
    """
    _require_columns(finding)
    reasons = tuple(
        replace(reason, records=tuple(_valued(record, evidence) for record in reason.records))
        for reason in finding.reasons
    )
    return replace(finding, reasons=reasons).with_facts(evidence.guarded)


def read_evidence(reader: PointInTimeReader, findings: Sequence[Finding], *, as_of: datetime) -> Evidence:
    """Return the records that findings name, with their client and project, one query per entity."""
    wanted: dict[str, set[str]] = {}
    columns: dict[str, set[str]] = {entity: {column} for entity, column in NAMES.items()}
    for finding in findings:
        for entity, key in (("account", finding.account_id), ("project", finding.project_id)):
            if key:
                wanted.setdefault(entity, set()).add(key)
        for reason in finding.reasons:
            for record in reason.records:
                wanted.setdefault(record.entity, set()).add(record.key)
                if record.column and not record.is_computed:
                    columns.setdefault(record.entity, set()).add(record.column)
    found = {
        entity: _rows(reader, entity, sorted(keys), columns.get(entity, set()), as_of=as_of)
        for entity, keys in sorted(wanted.items())
    }
    return Evidence(found, _personal(reader, as_of=as_of) if findings else {})


def _require_columns(finding: Finding) -> None:
    faults = [
        Fault(f"{reason.code}, {record.entity} {record.key}", "a column of the entity", record.column)
        for reason in finding.reasons
        for record in reason.records
        if record.column and not record.is_computed and record.column not in _columns_of(record.entity)
    ]
    if faults:
        raise IntegrityError(
            "A reason names columns that its records do not have.",
            where=f"{finding.score} {finding.object_id}",
            faults=faults,
            next_step="name a column of the entity, or mark the value as computed",
        )


def _columns_of(entity: str) -> Iterable[str]:
    contract = entities().get(entity)
    return () if contract is None else contract.columns


def _valued(record: Record, evidence: Evidence) -> Record:
    if record.is_computed or not record.column:
        return record
    return replace(record, value=evidence.fact(record.entity, record.key, record.column))


def _rows(
    reader: PointInTimeReader, entity: str, keys: Sequence[str], columns: set[str], *, as_of: datetime
) -> dict[str, Row]:
    contract = entities().get(entity)
    if contract is None or not reader.has(entity):
        return {}
    names = [name for name in contract.columns if name in (*contract.key, *columns, CURRENCY)]
    split = [key.split(KEY_PARTS) if len(contract.key) > 1 else [key] for key in keys]
    parts = list(zip(*(key for key in split if len(key) == len(contract.key)), strict=True))
    if not parts:
        return {}
    limits = [
        pl.col(name).cast(pl.String).is_in(sorted(set(part))) for name, part in zip(contract.key, parts, strict=True)
    ]
    found = reader.core(entity, as_of=as_of).filter(reduce(and_, limits)).select(names).collect()
    rows = {KEY_PARTS.join(str(row[name]) for name in contract.key): row for row in found.iter_rows(named=True)}
    return {key: rows[key] for key in keys if key in rows}


def _typed(column: Column, value: object, currency: str) -> Fact:
    """Return a column's value as a fact, by the type that the contract gives it."""
    if isinstance(value, bool):
        return facts.answer(value)
    if isinstance(value, date | datetime):
        return Fact(facts.DATE, value.isoformat())
    text = str(value)
    if column.type in ("money", "rate") and currency:
        return facts.money(text, currency)
    kinds = {"hours": facts.HOURS, "ratio": facts.PERCENTAGE, **dict.fromkeys(_NUMBERS, facts.NUMBER)}
    kind = kinds.get(column.type)
    if kind is not None:
        return Fact(kind, text, "hours" if kind == facts.HOURS else "")
    if column.allowed:
        return facts.term(text)
    return Fact(NAME if column.name == "name" else ID if column.references else TEXT, text)


_NUMBERS = ("money", "rate", "fx", "quantity", "integer")


def _about(contract: Entity, column: Column) -> str:
    if column.name in COSTS.get(f"core_{contract.name}", ()):
        return COST
    return PERSON if column.personal else ""


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
