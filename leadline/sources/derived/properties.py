"""The dbt properties of the models and sources of one system: grain, owner, freshness, columns with types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from leadline.kernel.contracts import LANDING_COLUMNS, SQL_TYPES, Entity
from leadline.sources.derived.descriptions import core_references, staging_references
from leadline.sources.derived.marker import marker
from leadline.warehouse.schema import CORE_COLUMNS

# What people call the systems of the contract.
SYSTEMS: Mapping[str, str] = MappingProxyType(
    {
        "crm": "the CRM",
        "erp": "the ERP",
        "hris": "the HRIS",
        "integration": "the integration log",
        "mdm": "master data management",
        "queue": "the exception queue",
        "timesheet": "the time and expense tool",
    }
)


def staging_properties(of: Iterable[Entity]) -> str:
    """Return the properties of the staging models of one system."""
    return _models(
        [
            _model(
                entity,
                name=f"stg_{entity.system}__{entity.name}",
                description=f"{_capital(entity.grain)} and delivery, as {_system(entity)} delivered it. "
                "Nothing joined, nothing dropped.",
                references=staging_references(entity),
            )
            for entity in of
        ]
    )


def core_properties(of: Iterable[Entity]) -> str:
    """Return the properties of the core models of the entities of one system."""
    return _models(
        [
            _model(
                entity,
                name=f"core_{entity.name}",
                description=f"One row per version of each row of: {entity.grain.removeprefix('one row per ')}. "
                "A version is believed over [known_at, known_to); an identical re-delivery starts none.",
                references=core_references(entity),
            )
            for entity in of
        ]
    )


def source_properties(of: Iterable[Entity]) -> str:
    """Return the dbt sources of one system: a table per entity, fresh for the hours that the contract says."""
    entities = list(of)
    lines = [f"# {marker()}", "version: 2", "", "sources:"]
    lines += [f"  - name: {entities[0].system}"]
    lines += [
        f'    description: "What {_system(entities[0])} delivered, as landed under the input contract."',
        "    tables:",
    ]
    for entity in entities:
        lines += [
            f"      - name: {entity.name}",
            f'        description: "{_capital(entity.grain)} and delivery."',
            "        config:",
            f"          meta: {{owner: {entity.owner}, domain: {entity.domain}}}",
            f"          freshness: {{warn_after: {{count: {entity.freshness_hours}, period: hour}}}}",
            f"          loaded_at_query: \"{{{{ last_delivery('{entity.name}') }}}}\"",
        ]
    return "\n".join(lines) + "\n"


def _models(models: Iterable[str]) -> str:
    return f"# {marker()}\nversion: 2\n\nmodels:\n" + "\n".join(models)


def _model(entity: Entity, *, name: str, description: str, references: Mapping[str, str]) -> str:
    lines = [
        f"  - name: {name}",
        f'    description: "{description}"',
        f"    config: {{meta: {{owner: {entity.owner}, domain: {entity.domain}}}}}",
        "    columns:",
        *_columns(entity, references),
    ]
    return "\n".join(lines) + "\n"


def _columns(entity: Entity, references: Mapping[str, str]) -> Iterator[str]:
    kinds = {**LANDING_COLUMNS, **CORE_COLUMNS, **{name: column.type for name, column in entity.columns.items()}}
    for name, reference in references.items():
        description = f"\"{{{{ doc('{reference}') }}}}\""
        yield f"      - {{name: {name}, data_type: {_data_type(kinds[name])}, description: {description}}}"


def _data_type(kind: str) -> str:
    """Return a contract type as dbt writes it on any engine; quoted where it holds a comma."""
    sql = SQL_TYPES[kind]
    if sql == "varchar":
        return "string"
    return f'"{sql}"' if "," in sql else sql


def _system(entity: Entity) -> str:
    return SYSTEMS.get(entity.system, f"the {entity.system} system")


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
