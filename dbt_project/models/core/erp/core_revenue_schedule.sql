with

versions as (

    {{ versions(
        ref('stg_erp__revenue_schedule'),
        key=['source_system', 'revenue_id'],
        content=[
            'contract_id', 'contract_line_id', 'period_start', 'period_end', 'amount', 'currency',
            'method', 'status', 'is_deleted'
        ]
    ) }}

)

select
    revenue_id,
    contract_id,
    contract_line_id,
    period_start,
    period_end,
    amount,
    currency,
    method,
    status,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(period_end as timestamp) as event_at,
    period_start as valid_from,
    period_end as valid_to

from versions
order by revenue_id, source_system, known_at, batch_id, source_line
