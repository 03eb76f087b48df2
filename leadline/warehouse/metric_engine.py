"""MetricFlow over the shipped definitions: it turns names into SQL, holds no connection and runs nothing.

It is an extra (``leadline[semantic]``), imported here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from leadline.kernel.errors import ConfigurationError, UsageError
from leadline.warehouse.metrics import definitions
from leadline.warehouse.snapshot import DATABASE

# dbt takes the days from the config of the model calendar_day; tests compare the two.
DAYS = "calendar_day"


@dataclass(frozen=True)
class Item:
    """One thing by which MetricFlow can slice.

    Attributes:
        links: the entities on the way to it.
        kind: ``entity``, ``dimension`` or ``time_dimension``.
        is_joined: whether it lies in another semantic model than the metric's.
        model: the semantic model that defines it.
    """

    name: str
    links: tuple[str, ...]
    kind: str
    is_joined: bool
    model: str


def items(names: Sequence[str]) -> tuple[Item, ...]:
    """Return by what all of some metrics can be sliced: the nearest first, time without its grains.

    Raises:
        ConfigurationError: MetricFlow is not installed.
    """
    _, lookup = _engine()
    from metricflow_semantic_interfaces.references import MetricReference
    from metricflow_semantics.model.linkable_element_property import GroupByItemProperty as Property
    from metricflow_semantics.model.semantics.element_filter import GroupByItemSetFilter

    unwanted = {Property.DERIVED_TIME_GRANULARITY, Property.DATE_PART, Property.LOCAL_LINKED, Property.METRIC}
    found = lookup.metric_lookup.get_common_group_by_items(
        metric_references=tuple(MetricReference(name) for name in names),
        set_filter=GroupByItemSetFilter.create(any_properties_denylist=unwanted),
    )
    listed = [
        Item(
            name=one.element_name,
            links=tuple(one.entity_link_names),
            kind=one.element_type.value,
            is_joined=Property.JOINED in one.element_properties,
            model=one.origin_semantic_model_names[0],
        )
        for one in found.annotated_specs
    ]
    return tuple(sorted(listed, key=lambda item: (len(item.links), item.is_joined, item.links, item.name)))


def compiled(names: Sequence[str], by: Sequence[str], where: Sequence[str] = ()) -> str:
    """Return the SQL for metrics, all in MetricFlow's own words, ordered by what it is sliced by.

    Raises:
        UsageError: MetricFlow cannot write it; its words are given.
        ConfigurationError: MetricFlow is not installed.
    """
    engine, _ = _engine()
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
    from metricflow_semantics.errors.error_classes import InvalidQueryException

    request = MetricFlowQueryRequest.create(
        metric_names=list(names), group_by_names=list(by), where_constraints=list(where), order_by_names=list(by)
    )
    try:
        return str(engine.explain(request).sql_statement.sql)
    except InvalidQueryException as exc:
        raise UsageError(
            "Invalid metric query.",
            found=str(exc),
            next_step=f"leadline metrics list {' '.join(names)} lists their dimensions",
        ) from exc


@cache
def _engine() -> tuple[Any, Any]:
    """Return MetricFlow's engine and its lookup over the shipped definitions.

    Raises:
        ConfigurationError: MetricFlow is not installed.
    """
    try:
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "MetricFlow is not installed.", found=exc.name or str(exc), next_step='pip install "leadline[semantic]"'
        ) from exc
    lookup = SemanticManifestLookup(manifest())
    return engine_over(lookup), lookup


def engine_over(lookup: Any) -> Any:
    """Return MetricFlow's engine over a lookup, writing DuckDB's SQL."""
    from metricflow.engine.metricflow_engine import MetricFlowEngine

    return MetricFlowEngine(lookup, writer())


def writer() -> Any:
    """Return what MetricFlow takes for a client of DuckDB, and needs to write its SQL; it can run none."""
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer

    return SimpleNamespace(sql_engine_type=SqlEngine.DUCKDB, sql_plan_renderer=DuckDbSqlPlanRenderer())


def manifest() -> Any:
    """Return the definitions as MetricFlow takes them. dbt would make the same of them, but needs ten seconds."""
    from metricflow_semantic_interfaces.implementations.metric import PydanticMetric
    from metricflow_semantic_interfaces.implementations.project_configuration import PydanticProjectConfiguration
    from metricflow_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest
    from metricflow_semantic_interfaces.implementations.semantic_model import PydanticSemanticModel
    from metricflow_semantics.model.dbt_manifest_parser import transform_dbt_generated_manifest

    days = {"node_relation": _relation(DAYS), "primary_column": {"name": DAYS, "time_granularity": "day"}}
    written = definitions()
    models = [
        {**{key: value for key, value in one.items() if key != "model"}, "node_relation": _relation(_table(one))}
        for one in written.semantic_models
    ]
    configuration = {"time_spine_table_configurations": [], "time_spines": [days]}
    read = PydanticSemanticManifest(
        semantic_models=[PydanticSemanticModel.parse_obj(one) for one in models],
        metrics=[PydanticMetric.parse_obj(_in_full(one)) for one in written.metrics],
        project_configuration=PydanticProjectConfiguration.parse_obj(configuration),
    )
    return transform_dbt_generated_manifest(read)


def _in_full(metric: Mapping[str, Any]) -> dict[str, Any]:
    """Return a metric with its inputs as MetricFlow's parser takes them: dbt also takes the bare name of one."""

    def full(part: Any) -> Any:
        return {"name": part} if isinstance(part, str) else part

    parts = dict(metric["type_params"])
    parts |= {name: full(parts[name]) for name in ("numerator", "denominator") if name in parts}
    parts["metrics"] = [full(part) for part in parts.get("metrics", [])]
    return {**metric, "type_params": parts}


def _table(model: Mapping[str, Any]) -> str:
    """Return the table of a semantic model: ``x`` of ``ref('x')``."""
    table: str = model["model"].removeprefix("ref('").removesuffix("')")
    return table


def _relation(table: str) -> dict[str, str]:
    """Return where a table is in a published database."""
    database = DATABASE.removesuffix(".duckdb")
    name = f'"{database}"."main"."{table}"'
    return {"alias": table, "schema_name": "main", "database": database, "relation_name": name}
