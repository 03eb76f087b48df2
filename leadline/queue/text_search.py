"""Whether a column holds a text in any case of its letters, also of those beyond ASCII, which SQLite does not fold."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

# What has a meaning of its own in a pattern of SQLite's GLOB.
_SPECIAL = "*?["


class _Contains(FunctionElement[bool]):
    """A column, a GLOB pattern and a text: databases take what they understand."""

    type = Boolean()
    inherit_cache = True
    name = "holds"


def contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Return whether a column holds a text, whatever the case; every character stands for itself."""
    if text.isascii():
        return column.icontains(text, autoescape=True)
    return _Contains(column, literal(_pattern(text)), literal(text))


@compiles(_Contains)
def _folded(element: _Contains, compiler: SQLCompiler, **how: Any) -> str:
    column, _, text = (compiler.process(part, **how) for part in element.clauses)
    return f"position(lower({text}) in lower({column})) > 0"


@compiles(_Contains, "sqlite")
def _globbed(element: _Contains, compiler: SQLCompiler, **how: Any) -> str:
    column, pattern, _ = list(element.clauses)
    return f"{compiler.process(column, **how)} GLOB {compiler.process(pattern, **how)}"


def _pattern(text: str) -> str:
    return "*" + "".join(map(_any_case, text)) + "*"


def _any_case(char: str) -> str:
    cases = sorted({case for case in (char, char.lower(), char.upper()) if len(case) == 1})
    return f"[{''.join(cases)}]" if len(cases) > 1 or char in _SPECIAL else char
