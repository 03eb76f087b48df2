with

versions as (

    {{ versions(
        ref('stg_crm__discount_approval'),
        key=['source_system', 'approval_id'],
        content=[
            'quote_id', 'requested_pct', 'approved_pct', 'approver_id', 'status', 'requested_on',
            'decided_on', 'is_deleted'
        ]
    ) }}

)

select
    approval_id,
    quote_id,
    requested_pct,
    approved_pct,
    approver_id,
    status,
    requested_on,
    decided_on,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(requested_on as timestamp) as event_at,
    requested_on as valid_from,
    cast(null as date) as valid_to

from versions
order by approval_id, source_system, known_at, batch_id, source_line
