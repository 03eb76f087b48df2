with

versions as (

    {{ versions(
        ref('stg_erp__milestone'),
        key=['source_system', 'milestone_id'],
        content=[
            'project_id', 'contract_line_id', 'name', 'planned_date', 'reached_on', 'amount',
            'currency', 'status', 'invoice_line_id', 'is_deleted'
        ]
    ) }}

)

select
    milestone_id,
    project_id,
    contract_line_id,
    name,
    planned_date,
    reached_on,
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
    cast(reached_on as timestamp) as event_at,
    reached_on as valid_from,
    cast(null as date) as valid_to

from versions
order by milestone_id, source_system, known_at, batch_id, source_line
