-- billing_position and billing_vs_revenue add up the same documents; one row per currency where they do not agree.
select
    coalesce(lines.currency, contracts.currency) as currency,
    lines.billed_amount - contracts.billed_amount as billed_apart,
    lines.recognised_amount - contracts.recognised_amount as recognised_apart

from (
    select currency, sum(billed_amount) as billed_amount, sum(recognised_amount) as recognised_amount
    from {{ ref('billing_position') }}
    group by currency
) as lines
full outer join (
    select currency, sum(billed_amount) as billed_amount, sum(recognised_amount) as recognised_amount
    from {{ ref('billing_vs_revenue') }}
    group by currency
) as contracts on lines.currency is not distinct from contracts.currency
where coalesce(lines.billed_amount, 0) <> coalesce(contracts.billed_amount, 0)
    or coalesce(lines.recognised_amount, 0) <> coalesce(contracts.recognised_amount, 0)
