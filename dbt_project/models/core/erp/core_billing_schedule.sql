with

versions as (

    {{ versions(
        ref('stg_erp__billing_schedule'),
        key=['source_system', 'schedule_id'],
        content=[
            'contract_id', 'contract_line_id', 'change_order_id', 'milestone_id', 'period_start',
            'period_end', 'due_date', 'amount', 'currency', 'status', 'invoice_line_id', 'is_deleted'
        ]
    ) }}

)

select
    schedule_id,
    contract_id,
    contract_line_id,
    change_order_id,
    milestone_id,
    period_start,
    period_end,
    due_date,
    amount,
    currency,
    status,
    invoice_line_id,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(due_date as timestamp) as event_at,
    period_start as valid_from,
    period_end as valid_to

from versions
order by schedule_id, source_system, known_at, batch_id, source_line
