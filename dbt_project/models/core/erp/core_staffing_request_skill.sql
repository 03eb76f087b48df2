with

versions as (

    {{ versions(
        ref('stg_erp__staffing_request_skill'),
        key=['source_system', 'request_id', 'skill_id'],
        content=['min_level', 'is_deleted']
    ) }}

)

select
    request_id,
    skill_id,
    min_level,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(null as timestamp) as event_at,
    cast(null as date) as valid_from,
    cast(null as date) as valid_to

from versions
order by request_id, skill_id, source_system, known_at, batch_id, source_line
