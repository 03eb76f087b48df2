select
    rule,
    value,
    unit,
    min_value,
    max_value,
    description

from {{ ref('firm_rule') }}
order by rule
