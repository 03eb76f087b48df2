{#
  Count of the rows a check examines and of those that fail it. `checks` are (check, entity, relation, examined, failing);
  without a relation, the entity's rows as last known.
#}
{% macro quality_counts(checks) -%}
    {%- for check, entity, relation, examined, failing in checks %}
    select
        cast('{{ check }}' as {{ dbt.type_string() }}) as check_id,
        cast('{{ entity }}' as {{ dbt.type_string() }}) as entity,
        count(*) as examined_rows,
        cast(coalesce(sum(case when {{ failing }} then 1 else 0 end), 0) as bigint) as failing_rows
    from {{ relation or current_rows(entity) ~ ' as current_' ~ entity }}
    where {{ examined }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}


{#
  The entities a node of dbt's graph depends on: those of the core tables behind it. The valuation moment reads every
  entity, but only when it was last known, so it is not followed.
#}
{% macro entities_behind(node, found, seen) -%}
    {%- for parent in node.depends_on.nodes if parent not in seen and parent in graph.nodes %}
        {%- do seen.append(parent) %}
        {%- set name = graph.nodes[parent].name %}
        {%- if name.startswith('core_') %}
            {%- do found.append(name[5:]) %}
        {%- elif name not in ('int_moment', 'int_valuation') and graph.nodes[parent].resource_type == 'model' %}
            {%- do entities_behind(graph.nodes[parent], found, seen) %}
        {%- endif %}
    {%- endfor %}
{%- endmacro %}
