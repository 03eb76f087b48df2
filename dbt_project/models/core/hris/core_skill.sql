with

versions as (

    {{ versions(
        ref('stg_hris__skill'),
        key=['source_system', 'skill_id'],
        content=['name', 'category', 'description', 'parent_skill_id', 'is_deleted']
    ) }}

)

select
    skill_id,
    name,
    category,
    description,
    parent_skill_id,
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
order by skill_id, source_system, known_at, batch_id, source_line
