select
    score,
    max_items,
    review_cost,
    currency,
    random_share

from {{ ref('alert_budget') }}
order by score
