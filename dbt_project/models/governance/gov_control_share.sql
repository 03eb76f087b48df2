select
    score,
    max_money,
    currency,
    share

from {{ ref('control_share') }}
order by score
