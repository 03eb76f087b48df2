with

versions as (

    {{ versions(
        ref('stg_hris__person_skill'),
        key=['source_system', 'person_id', 'skill_id'],
        content=['level', 'assessed_on', 'is_deleted']
    ) }}

)

select
    person_id,
    skill_id,
    level,
    assessed_on,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(assessed_on as timestamp) as event_at,
    assessed_on as valid_from,
    cast(null as date) as valid_to

from versions
order by person_id, skill_id, source_system, known_at, batch_id, source_line
