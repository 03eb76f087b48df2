with

versions as (

    {{ versions(
        ref('stg_hris__cost_rate'),
        key=['source_system', 'cost_rate_id'],
        content=['person_id', 'rate', 'currency', 'valid_from', 'valid_to', 'is_deleted']
    ) }}

)

select
    cost_rate_id,
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
order by cost_rate_id, source_system, known_at, batch_id, source_line
