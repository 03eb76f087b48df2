select
    stem,
    severity,
    hours_to_due

from {{ ref('exception_sla') }}
order by stem
