with

spans as (

    {{ day_spans(ref('core_assignment'), 'assignment_id', [
        'person_id',
        'project_id',
        'opportunity_id',
        'role',
        'booking_type',
        'status',
        'start_date',
        'end_date',
        'hours_per_week',
    ]) }}

)

select
    assignment_id,
    from_day,
    to_day,
    person_id,
    project_id,
    opportunity_id,
    role,
    booking_type,
    status,
    start_date,
    end_date,
    hours_per_week

from spans
order by assignment_id, from_day
