with

versions as (

    {{ versions(
        ref('stg_erp__subcontractor_cost'),
        key=['source_system', 'cost_id'],
        content=[
            'project_id', 'purchase_order_id', 'supplier', 'cost_date', 'hours', 'amount', 'currency',
            'billable', 'is_deleted'
        ]
    ) }}

)

select
    cost_id,
    project_id,
    purchase_order_id,
    supplier,
    cost_date,
    hours,
    amount,
    currency,
    billable,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(cost_date as timestamp) as event_at,
    cost_date as valid_from,
    cast(null as date) as valid_to

from versions
order by cost_id, source_system, known_at, batch_id, source_line
