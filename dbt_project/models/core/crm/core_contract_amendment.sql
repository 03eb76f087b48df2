with

versions as (

    {{ versions(
        ref('stg_crm__contract_amendment'),
        key=['source_system', 'amendment_id'],
        content=[
            'contract_id', 'amendment_type', 'value_change', 'currency', 'new_end_date',
            'effective_date', 'signed_on', 'status', 'is_deleted'
        ]
    ) }}

)

select
    amendment_id,
    contract_id,
    amendment_type,
    value_change,
    currency,
    new_end_date,
    effective_date,
    signed_on,
    status,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(signed_on as timestamp) as event_at,
    effective_date as valid_from,
    cast(null as date) as valid_to

from versions
order by amendment_id, source_system, known_at, batch_id, source_line
