"""Read one item of a mapping file: which files, which entity, and how to read them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, cast
from zoneinfo import ZoneInfo

from leadline.kernel.contracts import Entity, entities
from leadline.kernel.errors import Fault
from leadline.sources.mapping import ColumnSource, FileMapping, KnownAt, RowFilter
from leadline.sources.mapping_column import check_formats, read_column
from leadline.sources.mapping_nodes import (
    Faults,
    Node,
    check_is_true,
    check_keys,
    choice_of,
    named,
    option_of,
    table_of,
    text_of,
    texts_of,
)

_KEYS = (
    "match", "entity", "format", "delimiter", "quote", "encoding", "decimal", "thousands", "timezone", "known_at",
    "deleted", "where", "nulls", "columns",
)  # fmt: skip
_ENCODINGS = (
    "utf-8", "utf-8-sig", "utf8", "latin-1", "latin1", "iso-8859-1", "iso-8859-15", "cp1252", "windows-1252",
    "utf-16", "utf-16-le", "utf-16-be", "ascii",
)  # fmt: skip
_LONGEST_DELAY_DIGITS = 4
_FILTERS = ("not_null", "null", "values", "not_values", "by", "not_by")


def read_item(spec: object, place: str, *, source_system: str, faults: Faults) -> FileMapping | None:
    """Return one item, or None where its entity is missing; faults are collected."""
    if not isinstance(spec, dict):
        faults.append(Fault(place, "keys match, entity and columns", repr(spec)[:80]))
        return None
    check_keys(spec, _KEYS, place, faults)
    match = _match(spec, place, faults)
    contract = _entity(spec, place, faults)
    if contract is None:
        return None
    item = FileMapping(
        place=place,
        source_system=source_system,
        match=match,
        entity=contract.name,
        columns=_columns(spec, contract, place, faults),
        format=cast("Any", choice_of(spec, "format", ("csv", "parquet"), place, faults)),
        delimiter=_delimiter(spec, place, faults),
        quote=_character(spec, "quote", '"', place, faults),
        encoding=choice_of(spec, "encoding", _ENCODINGS, place, faults),
        decimal=_character(spec, "decimal", ".", place, faults) or ".",
        thousands=_character(spec, "thousands", "", place, faults),
        timezone=_timezone(spec, place, faults),
        nulls=("", *(text.strip() for text in texts_of(spec, "nulls", place, faults) if text.strip())),
        known_at=_known_at(spec, place, faults),
        deleted=_deleted(spec, place, faults),
        where=_where(spec, place, faults),
    )
    if item.thousands == item.decimal:
        faults.append(Fault(f"{place}.thousands", "another mark than the decimal mark", item.thousands))
    return item


def _match(spec: Node, place: str, faults: Faults) -> str:
    match = text_of(spec, "match", place, faults)
    if match.startswith("/") or ".." in PurePosixPath(match).parts:
        faults.append(Fault(f"{place}.match", "a pattern below the landed folder", match))
    return match


def _entity(spec: Node, place: str, faults: Faults) -> Entity | None:
    name = text_of(spec, "entity", place, faults)
    if name and name not in entities():
        faults.append(Fault(f"{place}.entity", named(tuple(entities()), name), name))
    return entities().get(name)


def _columns(spec: Node, contract: Entity, place: str, faults: Faults) -> Mapping[str, ColumnSource]:
    node = spec.get("columns")
    if not isinstance(node, dict) or not node:
        faults.append(Fault(f"{place}.columns", f"the columns of {contract.name}", "nothing"))
        return {}
    unknown = [name for name in node if name not in contract.columns]
    faults += [
        Fault(f"{place}.columns.{name}", f"a column of {contract.name}: {named(tuple(contract.columns), name)}", name)
        for name in unknown
    ]
    needed = dict.fromkeys((*contract.key, *contract.required))
    faults += [
        Fault(f"{place}.columns.{name}", f"a source for it: {contract.name} requires it", "nothing")
        for name in needed
        if name not in node
    ]
    return {
        name: read_column(node[name], contract.columns[name], f"{place}.columns.{name}", faults)
        for name in contract.columns
        if name in node
    }


def _delimiter(spec: Node, place: str, faults: Faults) -> str:
    delimiter = option_of(spec, "delimiter", ",", place, faults)
    delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)
    if len(delimiter) == 1 and delimiter not in '"\n\r':
        return delimiter
    faults.append(Fault(f"{place}.delimiter", "one character, or tab", repr(delimiter)))
    return ","


def _character(spec: Node, key: str, default: str, place: str, faults: Faults) -> str:
    value = option_of(spec, key, default, place, faults)
    if len(value) <= 1:
        return value
    faults.append(Fault(f"{place}.{key}", "one character", repr(value)))
    return default


def _timezone(spec: Node, place: str, faults: Faults) -> str:
    zone = option_of(spec, "timezone", "UTC", place, faults)
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        faults.append(Fault(f"{place}.timezone", "a time zone such as Europe/London", zone))
        return "UTC"
    return zone


def _known_at(spec: Node, place: str, faults: Faults) -> KnownAt | None:
    node = spec.get("known_at")
    if node is None:
        return None
    here = f"{place}.known_at"
    if isinstance(node, str):
        node = {"column": node}
    if not isinstance(node, dict):
        faults.append(Fault(here, "a column and its format", repr(node)[:80]))
        return None
    check_keys(node, ("column", "format", "values", "delay_days"), here, faults)
    formats = texts_of(node, "format", here, faults)
    check_formats(formats, f"{here}.format", faults)
    delay = option_of(node, "delay_days", "0", here, faults)
    if not (delay.isdigit() and len(delay) <= _LONGEST_DELAY_DIGITS):
        faults.append(Fault(f"{here}.delay_days", "a number of days from 0 to 9999", delay))
        delay = "0"
    return KnownAt(
        column=text_of(node, "column", here, faults),
        formats=formats,
        values=table_of(node, "values", here, faults),
        delay_days=int(delay),
    )


def _deleted(spec: Node, place: str, faults: Faults) -> RowFilter | None:
    node = spec.get("deleted")
    return None if node is None else _filter(node, f"{place}.deleted", faults)


def _where(spec: Node, place: str, faults: Faults) -> tuple[RowFilter, ...]:
    node = spec.get("where", [])
    nodes = node if isinstance(node, list) else [node]
    read = [_filter(one, f"{place}.where", faults) for one in nodes]
    return tuple(rule for rule in read if rule)


def _filter(node: object, place: str, faults: Faults) -> RowFilter | None:
    if not isinstance(node, dict):
        faults.append(Fault(place, "a column and a condition", repr(node)[:80]))
        return None
    check_keys(node, ("column", "format", *_FILTERS), place, faults)
    column = text_of(node, "column", place, faults)
    conditions = [name for name in _FILTERS if name in node]
    if len(conditions) != 1:
        faults.append(Fault(place, "exactly one of " + ", ".join(_FILTERS), ", ".join(conditions) or "none"))
        return None
    rule = conditions[0]
    if rule in ("values", "not_values"):
        return RowFilter(column=column, rule=cast("Any", rule), values=texts_of(node, rule, place, faults))
    if rule in ("by", "not_by"):
        formats = texts_of(node, "format", place, faults)
        check_formats(formats, f"{place}.format", faults)
        other = text_of(node, rule, place, faults)
        return RowFilter(column=column, rule=cast("Any", rule), other=other, formats=formats)
    check_is_true(node, rule, place, faults)
    return RowFilter(column=column, rule=cast("Any", rule))
