"""The macro ``input_contract``: what SQL over all entities needs to know of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from leadline.kernel.contracts import Entity
from leadline.sources.derived.marker import marker

# References stay on one line up to this width.
LINE = 120

_MACRO = """\
{{#
  {marker}
  What the input contract says that SQL needs: per entity its system, owner, freshness, key, money columns, references.
#}}
{{% macro input_contract() -%}}
    {{{{ return({{
{entities}
    }}) }}}}
{{%- endmacro %}}
"""


def contract_macro(of: Iterable[Entity]) -> str:
    """Return the macro file."""
    return _MACRO.format(marker=marker(), entities=",\n".join(_entry(entity) for entity in of))


def _entry(entity: Entity) -> str:
    references = {name: column.references for name, column in entity.columns.items() if column.references}
    return "\n".join(
        [
            f"        {entity.name!r}: {{",
            f"            'system': {entity.system!r}, 'owner': {entity.owner!r}, 'domain': {entity.domain!r}, "
            f"'freshness_hours': {entity.freshness_hours},",
            f"            'key': {list(entity.key)!r}, 'has_currency': {'currency' in entity.columns},",
            f"            'money': {list(entity.money_columns)!r},",
            f"            'references': {_references(references)},",
            "        }",
        ]
    )


def _references(references: Mapping[str, str]) -> str:
    on_one_line = repr(dict(references))
    if len(f"            'references': {on_one_line},") <= LINE:
        return on_one_line
    lines = [f"                {column!r}: {target!r}," for column, target in references.items()]
    return "\n".join(["{", *lines, "            }"])
