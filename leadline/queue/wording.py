"""The statements of an exception, as the store keeps them: in no language, with what each of their facts is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadline.kernel import facts, statements
from leadline.kernel.facts import Fact
from leadline.kernel.findings import Finding, Reason, Record
from leadline.kernel.statements import Statement
from leadline.queue import version_0_1

Values = dict[str, Any]

# What is said of an exception beside its reasons.
SAID = ("title", "expected", "seen", "action")


def statements_as_values(finding: Finding) -> Values:
    """Return title, expectation, observation and action as JSON-ready values."""
    return {name: statements.as_values(getattr(finding, name)) for name in SAID}


def statements_of(row: Mapping[str, Any]) -> dict[str, Statement]:
    """Return what a row says, by name."""
    stored = row["statements"]
    if stored is None:
        return {name: version_0_1.statement(row["score"], name, row[name]) for name in SAID}
    return {name: statements.from_values(stored[name]) for name in SAID}


def reason_as_values(reason: Reason) -> Values:
    """Return a reason as JSON-ready values."""
    records = [_record_as_values(record) for record in reason.records]
    own = {"code": reason.code, "weight": reason.weight, "records": records}
    return own | statements.as_values(reason.statement)


def reason_of(values: Mapping[str, Any]) -> Reason:
    """Return a reason from its stored form."""
    if "template" not in values:
        return version_0_1.reason(values)
    records = tuple(_record_of(record) for record in values["records"])
    return Reason(values["code"], statements.from_values(values), values["weight"], records)


def facts_as_values(stated: Mapping[str, Fact]) -> Values:
    """Return facts by name as JSON-ready values, without figures that are no numbers."""
    return {name: facts.as_values(fact) for name, fact in stated.items() if fact.is_known}


def facts_of(values: Mapping[str, Any]) -> dict[str, Fact]:
    """Return facts by name from their stored form."""
    return {
        name: facts.from_values(one) if isinstance(one, Mapping) else version_0_1.fact(name, one)
        for name, one in values.items()
    }


def _record_as_values(record: Record) -> Values:
    value = None if record.value is None else facts.as_values(record.value)
    own = {"entity": record.entity, "key": record.key, "column": record.column}
    return own | {"value": value, "is_computed": record.is_computed}


def _record_of(values: Mapping[str, Any]) -> Record:
    value = None if values["value"] is None else facts.from_values(values["value"])
    return Record(values["entity"], values["key"], values["column"], value, values["is_computed"])
