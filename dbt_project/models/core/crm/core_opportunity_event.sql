with

versions as (

    {{ versions(
        ref('stg_crm__opportunity_event'),
        key=['source_system', 'event_id'],
        content=['opportunity_id', 'event_type', 'old_value', 'new_value', 'event_at', 'is_deleted']
    ) }}

)

select
    event_id,
    opportunity_id,
    event_type,
    old_value,
    new_value,
    event_at,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(event_at as date) as valid_from,
    cast(null as date) as valid_to

from versions
order by event_id, source_system, known_at, batch_id, source_line
