"""What each column means, written once as a dbt doc block; models, sources and marts refer to it by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from leadline.kernel.contracts import LANDING_COLUMNS, Entity, entities
from leadline.sources.derived.marker import marker
from leadline.warehouse.schema import CORE_COLUMNS

# Doc blocks of columns that every landed row or every core row has.
SHARED: Mapping[str, str] = MappingProxyType(
    {
        "landing__source_system": "system that delivered the row",
        "landing__batch_id": "delivery the row came in, see stg_landing__batch",
        "landing__source_line": "line of the row in the delivered file",
        "landing__known_at": "moment (UTC) from which this version could be known",
        "landing__is_deleted": "whether the source deleted the row with this version",
        "core__known_to": "moment (UTC) from which a later version was known; null while this one holds",
        "core__first_known_at": "moment (UTC) the key was first known",
        "core__not_recorded": "not recorded for this entity",
    }
)
# What the business time of a core row says of the column it is read from.
BUSINESS_TIME: Mapping[str, str] = MappingProxyType(
    {
        "event_at": "when it happened",
        "valid_from": "first day it holds in business",
        "valid_to": "end of the time it holds in business",
    }
)


def staging_references(entity: Entity) -> dict[str, str]:
    """Return the doc block of each landed column, by column, in order."""
    own = {name: f"{entity.name}__{name}" for name in entity.columns}
    return own | {name: f"landing__{name}" for name in LANDING_COLUMNS}


def core_references(entity: Entity) -> dict[str, str]:
    """Return the doc block of each column of the core table, by column, in order."""
    added = {name: _added_reference(entity, name) for name in CORE_COLUMNS if name not in entity.columns}
    return staging_references(entity) | added


def descriptions() -> dict[str, str]:
    """Return the text of every doc block by name."""
    return dict(SHARED) | {name: text for entity in entities().values() for name, text in _blocks(entity)}


def shared_page() -> str:
    """Return the page of doc blocks that all entities share."""
    return _page(SHARED.items())


def system_page(of: Iterable[Entity]) -> str:
    """Return the page of doc blocks of the entities of one system."""
    return _page(block for entity in of for block in _blocks(entity))


def _added_reference(entity: Entity, name: str) -> str:
    if name not in BUSINESS_TIME:
        return f"core__{name}"
    return f"{entity.name}__{name}" if entity.business_time[name] else "core__not_recorded"


def _blocks(entity: Entity) -> Iterator[tuple[str, str]]:
    for column in entity.columns.values():
        personal = " (personal data)" if column.personal else ""
        yield f"{entity.name}__{column.name}", f"{column.description}{personal}"
    for name, meaning in BUSINESS_TIME.items():
        source = entity.business_time[name]
        if source and name not in entity.columns:
            yield f"{entity.name}__{name}", f"{meaning}: {source}"


def _page(blocks: Iterable[tuple[str, str]]) -> str:
    lines = [f"{{% docs {name} %}}{text}{{% enddocs %}}\n" for name, text in blocks]
    return f"<!-- {marker()} -->\n\n" + "".join(lines)
