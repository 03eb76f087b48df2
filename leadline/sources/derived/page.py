"""The input contract as a page: ``docs/input-contract.md``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from leadline.kernel.contracts import LANDING_COLUMNS, SQL_TYPES, Column, Entity
from leadline.sources.derived.marker import marker
from leadline.sources.rules import plain

_INTRODUCTION = """\
<!-- {marker} -->
# The input contract

What connectors deliver, whatever system it comes from. This page is generated from the contract files in
[leadline/kernel/entities](../leadline/kernel/entities); `leadline contracts` writes the same contract as Open Data
Contract Standard files. A [mapping file](mapping-files.md) says how the columns of a source become these.

**Bold** columns are required. A row that breaks a rule goes to quarantine with file, line, column, rule and what was
found; the other rows of its file land. A reference to an unknown key is no row error, since the other side may come
later: `leadline doctor` counts those. Each score runs on the entities it needs; every other entity may be absent.

## Rules of a row
| rule | broken by |
|---|---|
| `type` | a filled text that is no value of the column's type |
| `required` | an empty required or key column; a deleted row needs its key only |
| `allowed` | a value that is none of the column's choices |
| `minimum`, `maximum` | a number outside its bounds |
| `order` | a second day before its first, for the pairs named under an entity |
| `currency` | a code that is not in ISO 4217 (codes withdrawn since 1999 are still known) |
| `money_without_currency` | an amount in a row whose currency is empty |

## Types
"""

_AFTER_TYPES = """
Numbers are rounded to their scale, halves to the even digit. Days are from 1900 to 2200: put a source's stand-in for
"never", such as 9999-12-31, into `nulls`.

Landing adds to every row: {landing}.

## Entities
"""

_TYPE_MEANING = {
    "string": "text, trimmed",
    "currency": "ISO 4217 code",
    "boolean": "true, t, yes, y, 1, x or false, f, no, n, 0, in any case",
    "integer": "whole number; `12.0` is one",
    "date": "day",
    "timestamp": "moment, stored as naive UTC",
    "money": "amount in the row's currency",
    "rate": "price or cost per hour or unit",
    "fx": "exchange rate",
    "ratio": "share, 0.05 is 5%",
    "hours": "hours",
    "quantity": "units or full-time equivalents",
}


def contract_page(of: Iterable[Entity]) -> str:
    """Return the page of these entities as Markdown."""
    types = ["| type | stored as | read as |", "|---|---|---|"]
    types += [f"| {name} | `{sql}` | {_TYPE_MEANING[name]} |" for name, sql in SQL_TYPES.items()]
    landing = ", ".join(f"`{name}`" for name in LANDING_COLUMNS)
    parts = [_INTRODUCTION.format(marker=marker()) + "\n".join(types) + "\n" + _AFTER_TYPES.format(landing=landing)]
    parts += ["\n".join(_section(entity)) + "\n" for entity in of]
    return "\n".join(parts)


def _section(entity: Entity) -> Iterator[str]:
    yield f"### {entity.name}"
    yield f"{entity.grain[0].upper()}{entity.grain[1:]}. Key: {_names(entity.key)}. Owner: {entity.owner}."
    yield f"Usually from: {entity.system}. Fresh for {entity.freshness_hours} hours."
    for first, second in entity.ordered:
        yield f"`{first}` is not after `{second}`."
    yield ""
    yield "| column | type | meaning | rules |"
    yield "|---|---|---|---|"
    for column in entity.columns.values():
        name = f"**{column.name}**" if column.required else column.name
        yield f"| {name} | {column.type} | {column.description} | {'; '.join(_rules(column))} |"


def _rules(column: Column) -> Iterator[str]:
    if column.references:
        yield f"→ [{column.references}](#{column.references})"
    if column.allowed:
        yield _names(column.allowed)
    if column.minimum is not None:
        yield f"≥ {plain(column.minimum)}"
    if column.maximum is not None:
        yield f"≤ {plain(column.maximum)}"
    if column.personal:
        yield "personal data"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
