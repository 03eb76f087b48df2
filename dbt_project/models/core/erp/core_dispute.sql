with

versions as (

    {{ versions(
        ref('stg_erp__dispute'),
        key=['source_system', 'dispute_id'],
        content=[
            'invoice_id', 'opened_on', 'amount', 'currency', 'cause_code', 'status', 'resolved_on',
            'resolution', 'is_deleted'
        ]
    ) }}

)

select
    dispute_id,
    invoice_id,
    opened_on,
    amount,
    currency,
    cause_code,
    status,
    resolved_on,
    resolution,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(opened_on as timestamp) as event_at,
    opened_on as valid_from,
    resolved_on as valid_to

from versions
order by dispute_id, source_system, known_at, batch_id, source_line
