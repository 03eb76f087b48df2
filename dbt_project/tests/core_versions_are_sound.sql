-- Catches: a version whose bounds are not what its neighbours say, so holes, overlaps, backward steps, two current versions
-- of one key, or a first_known_at that is not the first. Usual cause: a change of the macro `versions`.
-- A row returned is such a version of the entity named, with the bounds it has and those it should have.
{%- for entity, contract in input_contract().items() %}
{%- set key = ['source_system'] + contract.key %}
select
    cast('{{ entity }}' as {{ dbt.type_string() }}) as entity,
    {% for column in key -%}
    coalesce(cast({{ column }} as {{ dbt.type_string() }}), 'null'){{ " || ' ' || " if not loop.last }}
    {%- endfor %} as version_key,
    known_at,
    known_to,
    next_known_at as known_to_expected,
    first_known_at,
    least_known_at as first_known_at_expected

from (
    select
        {{ key | join(', ') }},
        known_at,
        known_to,
        first_known_at,
        lead(known_at) over (
            partition by {{ key | join(', ') }}
            order by known_at, coalesce(known_to, cast('9999-12-31' as timestamp))
        ) as next_known_at,
        min(known_at) over (partition by {{ key | join(', ') }}) as least_known_at
    from {{ ref('core_' ~ entity) }}
) as bounded
where known_to is distinct from next_known_at
    or first_known_at is distinct from least_known_at
    or known_to < known_at
    or known_at is null
    {%- for column in key %}
    or {{ column }} is null
    {%- endfor %}
{%- if not loop.last %}

union all
{% endif %}
{%- endfor %}
