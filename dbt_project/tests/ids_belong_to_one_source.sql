-- Catches: one id of an entity delivered by two source systems, which would count everything about it twice.
-- Usual cause: two systems number from 1. Fix it in the mapping file: give one system's ids a prefix.
-- A row returned is such an id, with two of the systems that deliver it.
{%- set entities = [] %}
{%- for entity, contract in input_contract().items() if contract.key | length == 1 %}
{%- do entities.append((entity, contract.key[0])) %}
{%- endfor %}
{%- for entity, key in entities %}
select
    cast('{{ entity }}' as {{ dbt.type_string() }}) as entity,
    {{ key }} as duplicate_id,
    min(source_system) as one_source,
    max(source_system) as other_source

from {{ ref('core_' ~ entity) }}
where known_to is null and not is_deleted
group by {{ key }}
having min(source_system) <> max(source_system)
{%- if not loop.last %}

union all
{% endif %}
{%- endfor %}
