-- Read from dbt's own graph: what is behind each mart, and behind what each exposure reads.
{%- set needs = [] %}
{%- if execute %}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.fqn[1] == 'marts' %}
        {%- set found = [] %}
        {%- do entities_behind(node, found, []) %}
        {%- for entity in found %}{% do needs.append((node.name, 'mart', entity)) %}{% endfor %}
    {%- endfor %}
    {%- for node in graph.exposures.values() if node.type == 'ml' %}
        {%- set found = [] %}
        {%- do entities_behind(node, found, []) %}
        {%- for entity in found %}{% do needs.append((node.name, 'score', entity)) %}{% endfor %}
    {%- endfor %}
{%- endif %}
with

needs as (

    {%- for product, kind, entity in needs | unique | sort %}
    select '{{ product }}' as product, '{{ kind }}' as product_kind, '{{ entity }}' as entity
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select '' as product, '' as product_kind, '' as entity
    {%- endfor %}

)

select
    cast(product as {{ dbt.type_string() }}) as product,
    cast(product_kind as {{ dbt.type_string() }}) as product_kind,
    cast(entity as {{ dbt.type_string() }}) as entity

from needs
order by product_kind, product, entity
