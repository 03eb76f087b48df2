"""Read how one canonical column is filled, and check it against the column's contract."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from leadline.kernel.contracts import Column
from leadline.kernel.errors import Fault
from leadline.sources.currencies import ISO_4217
from leadline.sources.mapping import ColumnSource, Kind
from leadline.sources.mapping_nodes import (
    Faults,
    Node,
    check_is_true,
    check_keys,
    named,
    nothing_or,
    option_of,
    table_of,
    text_of,
    texts_of,
)
from leadline.sources.texts import DECIMALS

NUMERIC = ("integer", *DECIMALS)
TEMPORAL = ("date", "timestamp")

# Directive of a format -> what it reads. Those of Python's strptime that both it and the engine read alike.
_DIRECTIVES = {
    "Y": "year", "y": "year", "m": "month", "b": "month", "B": "month", "d": "day", "e": "day", "j": "day of year",
    "H": "hour", "I": "hour", "p": "half", "M": "minute", "S": "second", "f": "fraction", "z": "zone",
    "T": "hour", "R": "hour", "F": "year month day", "D": "year month day", "%": "",
}  # fmt: skip

_KINDS: Mapping[str, tuple[str, ...]] = {
    "column": ("column", "format", "values", "otherwise", "empty", "prefix", "strip", "scale"),
    "constant": ("constant",),
    "join": ("join", "separator", "format", "prefix", "values", "otherwise", "empty"),
    "sum": ("sum", "strip", "scale"),
    "row_hash": ("row_hash", "prefix"),
    "row_number": ("row_number", "prefix"),
}


def read_column(node: object, column: Column, place: str, faults: Faults) -> ColumnSource:
    """Return how a column is filled; faults are collected."""
    if isinstance(node, str) and node.strip():
        return ColumnSource(kind="column", columns=(node.strip(),))
    kinds = [kind for kind in _KINDS if isinstance(node, dict) and kind in node]
    if not isinstance(node, dict) or len(kinds) != 1:
        found = ", ".join(kinds) or ("nothing" if not node else repr(node)[:80])
        faults.append(Fault(place, "a source column, or exactly one of " + ", ".join(_KINDS), found))
        return ColumnSource(kind="constant")
    kind = kinds[0]
    check_keys(node, _KINDS[kind], place, faults)
    source = _source(kind, node, column, place, faults)
    _check_source(source, column, place, faults)
    return source


def check_formats(formats: Sequence[str], place: str, faults: Faults) -> None:
    """Collect every format that does not read a whole day."""
    for text in formats:
        wrong = _wrong_directives(text)
        if wrong:
            faults.append(Fault(place, "directives such as %Y-%m-%d or %d/%m/%Y %H:%M", wrong))


def _wrong_directives(text: str) -> str:
    directives = re.findall(r"%(?:\.f|.)?", text)
    unknown = [found for found in directives if found != "%.f" and found[1:] not in _DIRECTIVES]
    if unknown:
        return f"{text!r} with the unknown {', '.join(unknown)}"
    read = " ".join(_DIRECTIVES.get(found[1:], "fraction") for found in directives).split()
    missing = [part for part in ("year", "month", "day") if part not in read]
    return f"{text!r}, which reads no {' and no '.join(missing)}" if missing else ""


def _source(kind: str, node: Node, column: Column, place: str, faults: Faults) -> ColumnSource:
    if kind == "constant":
        return ColumnSource(kind="constant", constant=option_of(node, "constant", "", place, faults).strip())
    if kind in ("row_hash", "row_number"):
        check_is_true(node, kind, place, faults)
        named_kind: Kind = "row_hash" if kind == "row_hash" else "row_number"
        return ColumnSource(kind=named_kind, prefix=option_of(node, "prefix", "", place, faults))
    values = _values(node, column, place, faults)
    has_otherwise = "otherwise" in node
    return ColumnSource(
        kind="column" if kind == "column" else "join" if kind == "join" else "sum",
        columns=_source_columns(kind, node, place, faults),
        separator=option_of(node, "separator", "-", place, faults),
        formats=texts_of(node, "format", place, faults),
        values=values,
        otherwise=nothing_or(option_of(node, "otherwise", "", place, faults)),
        has_otherwise=has_otherwise,
        empty=nothing_or(option_of(node, "empty", "", place, faults)),
        prefix=option_of(node, "prefix", "", place, faults),
        strip=option_of(node, "strip", "", place, faults),
        scale=_scale(node, place, faults),
    )


def _source_columns(kind: str, node: Node, place: str, faults: Faults) -> tuple[str, ...]:
    if kind == "column":
        return (text_of(node, "column", place, faults),)
    columns = tuple(text.strip() for text in texts_of(node, kind, place, faults))
    if not columns or not all(columns):
        faults.append(Fault(f"{place}.{kind}", "source columns", "nothing"))
    return columns


def _values(node: Node, column: Column, place: str, faults: Faults) -> Mapping[str, str | None]:
    read = {text: nothing_or(target) for text, target in table_of(node, "values", place, faults).items()}
    for text, target in read.items():
        _check_value(target, column, f"{place}.values.{text}", faults)
    return read


def _scale(node: Node, place: str, faults: Faults) -> Decimal | None:
    text = option_of(node, "scale", "", place, faults)
    if not text:
        return None
    try:
        scale = Decimal(text)
    except InvalidOperation:
        scale = Decimal(0)
    if scale.is_finite() and scale != 0:
        return scale
    faults.append(Fault(f"{place}.scale", "a number other than 0", text))
    return None


def _check_source(source: ColumnSource, column: Column, place: str, faults: Faults) -> None:
    text_only = source.kind in ("join", "row_hash", "row_number")
    if text_only and column.type != "string":
        faults.append(Fault(place, f"a {column.type}", f"{source.kind}, which makes a text"))
    if source.kind == "sum" and column.type not in DECIMALS:
        faults.append(Fault(place, f"a {column.type}", "sum, which makes a decimal"))
    if source.formats and source.kind != "join" and column.type not in TEMPORAL:
        faults.append(Fault(f"{place}.format", f"no format: {column.name} is a {column.type}", source.formats[0]))
    if source.scale is not None and column.type not in NUMERIC:
        faults.append(Fault(f"{place}.scale", f"no scale: {column.name} is a {column.type}", str(source.scale)))
    if source.prefix and column.type != "string":
        faults.append(Fault(f"{place}.prefix", f"no prefix: {column.name} is a {column.type}", source.prefix))
    check_formats(source.formats, f"{place}.format", faults)
    for key, value in (("constant", source.constant), ("otherwise", source.otherwise), ("empty", source.empty)):
        _check_value(value, column, f"{place}.{key}", faults)
    if source.kind == "constant" and not source.constant:
        faults.append(Fault(f"{place}.constant", "a text", "nothing"))


def _check_value(value: str | None, column: Column, place: str, faults: Faults) -> None:
    if not value:
        return
    if column.allowed and value not in column.allowed:
        faults.append(Fault(place, f"a value of {column.name}: {named(column.allowed, value)}", value))
    if column.type == "currency" and value.upper() not in ISO_4217:
        faults.append(Fault(place, "an ISO 4217 currency such as EUR", value))
