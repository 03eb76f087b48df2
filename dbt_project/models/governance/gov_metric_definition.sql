select
    metric,
    mart,
    metric_column,
    unit,
    owner,
    formula

from {{ ref('metric_definition') }}
order by metric
