select
    legal_entity_id,
    currency,
    cast(count(*) as bigint) as contract_months,
    {{ money('sum(billed_amount)') }} as billed_amount,
    {{ money('sum(recognised_amount)') }} as recognised_amount,
    {{ money('sum(billed_amount - recognised_amount)') }} as difference

from {{ ref('billing_vs_revenue') }}
group by legal_entity_id, currency
order by legal_entity_id, currency
