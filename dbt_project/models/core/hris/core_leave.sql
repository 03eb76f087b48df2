with

versions as (

    {{ versions(
        ref('stg_hris__leave'),
        key=['source_system', 'leave_id'],
        content=['person_id', 'start_date', 'end_date', 'leave_type', 'status', 'is_deleted']
    ) }}

)

select
    leave_id,
    person_id,
    start_date,
    end_date,
    leave_type,
    status,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(start_date as timestamp) as event_at,
    start_date as valid_from,
    end_date as valid_to

from versions
order by leave_id, source_system, known_at, batch_id, source_line
