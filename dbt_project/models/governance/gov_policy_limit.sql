select
    score,
    limit_name,
    value,
    unit,
    min_value,
    max_value,
    description

from {{ ref('policy_limit') }}
order by score, limit_name
