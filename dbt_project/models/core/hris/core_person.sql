with

versions as (

    {{ versions(
        ref('stg_hris__person'),
        key=['source_system', 'person_id'],
        content=[
            'name', 'email', 'legal_entity_id', 'role', 'seniority', 'practice', 'region', 'manager_id',
            'hire_date', 'termination_date', 'weekly_hours', 'employment_type', 'billable_target',
            'calendar_id', 'status', 'is_deleted'
        ]
    ) }}

)

select
    person_id,
    name,
    email,
    legal_entity_id,
    role,
    seniority,
    practice,
    region,
    manager_id,
    hire_date,
    termination_date,
    weekly_hours,
    employment_type,
    billable_target,
    calendar_id,
    status,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(hire_date as timestamp) as event_at,
    hire_date as valid_from,
    termination_date as valid_to

from versions
order by person_id, source_system, known_at, batch_id, source_line
