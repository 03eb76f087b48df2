select
    score,
    severity,
    hours_to_due,
    clock,
    escalate_after_hours,
    escalate_to

from {{ ref('exception_sla') }}
order by score
