with

versions as (

    {{ versions(
        ref('stg_erp__assignment'),
        key=['source_system', 'assignment_id'],
        content=[
            'project_id', 'opportunity_id', 'request_id', 'person_id', 'role', 'booking_type',
            'start_date', 'end_date', 'hours_per_week', 'status', 'is_deleted'
        ]
    ) }}

)

select
    assignment_id,
    project_id,
    opportunity_id,
    request_id,
    person_id,
    role,
    booking_type,
    start_date,
    end_date,
    hours_per_week,
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
order by assignment_id, source_system, known_at, batch_id, source_line
