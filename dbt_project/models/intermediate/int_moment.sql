-- Apart from the day that follows from it: most tables ask for the day alone, and need not be rebuilt every minute.
with

moments as (

    {%- for entity in input_contract() %}
    select max(known_at) as known_at from {{ ref('core_' ~ entity) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select max(known_at) as valued_at
from moments
