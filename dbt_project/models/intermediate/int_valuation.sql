with

moments as (

    {%- for entity in input_contract() %}
    select max(known_at) as known_at from {{ ref('core_' ~ entity) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select
    cast('{{ reporting_currency() }}' as {{ dbt.type_string() }}) as reporting_currency,
    max(known_at) as valued_at,
    cast(max(known_at) as date) as valued_on

from moments
