select
    check_id,
    kind,
    entity,
    domain,
    most_a,
    most_b,
    most_c,
    asks

from {{ ref('quality_check') }}
order by check_id
