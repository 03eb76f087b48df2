with

versions as (

    {{ versions(
        ref('stg_crm__quote'),
        key=['source_system', 'quote_id'],
        content=[
            'opportunity_id', 'amount', 'currency', 'discount_pct', 'status', 'issued_on',
            'valid_until', 'is_deleted'
        ]
    ) }}

)

select
    quote_id,
    opportunity_id,
    amount,
    currency,
    discount_pct,
    status,
    issued_on,
    valid_until,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(issued_on as timestamp) as event_at,
    issued_on as valid_from,
    valid_until as valid_to

from versions
order by quote_id, source_system, known_at, batch_id, source_line
