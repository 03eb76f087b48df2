with

versions as (

    {{ versions(
        ref('stg_crm__change_order'),
        key=['source_system', 'change_order_id'],
        content=[
            'project_id', 'contract_id', 'contract_line_id', 'title', 'reason', 'value_change',
            'cost_change', 'hours_change', 'currency', 'schedule_change_days', 'new_end_date',
            'requested_on', 'approved_on', 'effective_date', 'status', 'is_deleted'
        ]
    ) }}

)

select
    change_order_id,
    project_id,
    contract_id,
    contract_line_id,
    title,
    reason,
    value_change,
    cost_change,
    hours_change,
    currency,
    schedule_change_days,
    new_end_date,
    requested_on,
    approved_on,
    effective_date,
    status,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(requested_on as timestamp) as event_at,
    effective_date as valid_from,
    cast(null as date) as valid_to

from versions
order by change_order_id, source_system, known_at, batch_id, source_line
