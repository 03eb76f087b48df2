with

versions as (

    {{ versions(
        ref('stg_erp__rate_card'),
        key=['source_system', 'rate_id'],
        content=[
            'contract_id', 'role', 'person_id', 'rate', 'currency', 'valid_from', 'valid_to',
            'is_deleted'
        ]
    ) }}

)

select
    rate_id,
    contract_id,
    role,
    person_id,
    rate,
    currency,
    valid_from,
    valid_to,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(valid_from as timestamp) as event_at

from versions
order by rate_id, source_system, known_at, batch_id, source_line
