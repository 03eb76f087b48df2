"""The SQL of an entity: its staging model (columns in groups) and its core model (every version of every row)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from leadline.kernel.contracts import LANDING_COLUMNS, Column, Entity
from leadline.sources.derived.marker import marker
from leadline.warehouse.schema import CORE_COLUMNS

GROUPS = ("identifiers", "attributes", "numbers", "dates")
ATTRIBUTES = ("string", "currency", "boolean")
DATES = ("date", "timestamp")
# A list of names stays on its line up to this width, and is wrapped beyond it.
LINE = 102
WRAPPED = 104

_STAGING = """\
-- {marker}
with

landed as (

    select * from {{{{ landing(source('{system}', '{entity}')) }}}}

),

named as (

    select
{columns}

    from landed

)

select * from named
"""

_CORE = """\
-- {marker}
with

versions as (

    {{{{ versions(
        ref('stg_{system}__{entity}'),
        key={key},
        content={content}
    ) }}}}

)

select
{columns}

from versions
order by {order}
"""


def staging_model(entity: Entity) -> str:
    """Return the SQL of ``stg_<system>__<entity>``: the landed rows, columns grouped by what they are."""
    groups = {group: [name for name, one in entity.columns.items() if _group(entity, one) == group] for group in GROUPS}
    groups["delivery"] = list(LANDING_COLUMNS)
    blocks = [
        "\n".join([f"        -- {group}", ",\n".join(f"        {name}" for name in names)])
        for group, names in groups.items()
        if names
    ]
    return _STAGING.format(
        marker=marker(entity.name), system=entity.system, entity=entity.name, columns=",\n\n".join(blocks)
    )


def core_model(entity: Entity) -> str:
    """Return the SQL of ``core_<entity>``: versions by key, each with the time over which it was believed."""
    content = [*(name for name in entity.columns if name not in entity.key), "is_deleted"]
    return _CORE.format(
        marker=marker(entity.name),
        system=entity.system,
        entity=entity.name,
        key=f"[{_quoted(('source_system', *entity.key))}]",
        content=_content(content),
        columns=",\n".join(f"    {column}" for column in (*entity.columns, *LANDING_COLUMNS, *_added(entity))),
        order=", ".join([*entity.key, "source_system", "known_at", "batch_id", "source_line"]),
    )


def _group(entity: Entity, column: Column) -> str:
    if column.name in entity.key or column.references:
        return "identifiers"
    if column.type in ATTRIBUTES:
        return "attributes"
    return "dates" if column.type in DATES else "numbers"


def _content(names: list[str]) -> str:
    on_one_line = f"[{_quoted(names)}]"
    if len(f"        content={on_one_line}") <= LINE:
        return on_one_line
    lines = textwrap.fill(_quoted(names), width=WRAPPED, initial_indent=" " * 12, subsequent_indent=" " * 12)
    return f"[\n{lines}\n        ]"


def _quoted(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _added(entity: Entity) -> Iterator[str]:
    """Give the select items that history adds; business time comes from the columns that the contract names."""
    for name, kind in CORE_COLUMNS.items():
        if name in entity.columns:
            continue
        if name not in entity.business_time:
            yield name
            continue
        source = entity.business_time[name]
        if source is None:
            yield f"cast(null as {kind}) as {name}"
        elif entity.columns[source].type == kind:
            yield f"{source} as {name}"
        else:
            yield f"cast({source} as {kind}) as {name}"
