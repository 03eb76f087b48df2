with

versions as (

    {{ versions(
        ref('stg_erp__invoice_line'),
        key=['source_system', 'invoice_line_id'],
        content=[
            'invoice_id', 'contract_line_id', 'project_id', 'change_order_id', 'line_type', 'role',
            'person_id', 'period_start', 'period_end', 'quantity', 'unit_rate', 'amount', 'currency',
            'tax_code', 'description', 'is_deleted'
        ]
    ) }}

)

select
    invoice_line_id,
    invoice_id,
    contract_line_id,
    project_id,
    change_order_id,
    line_type,
    role,
    person_id,
    period_start,
    period_end,
    quantity,
    unit_rate,
    amount,
    currency,
    tax_code,
    description,
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
order by invoice_line_id, source_system, known_at, batch_id, source_line
