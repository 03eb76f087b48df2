select
    role,
    decision,
    max_amount,
    currency

from {{ ref('approval_authority') }}
order by role, decision
