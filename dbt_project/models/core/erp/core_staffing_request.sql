with

versions as (

    {{ versions(
        ref('stg_erp__staffing_request'),
        key=['source_system', 'request_id'],
        content=[
            'project_id', 'opportunity_id', 'role', 'region', 'seniority', 'start_date', 'end_date',
            'hours_per_week', 'requested_on', 'status', 'is_deleted'
        ]
    ) }}

)

select
    request_id,
    project_id,
    opportunity_id,
    role,
    region,
    seniority,
    start_date,
    end_date,
    hours_per_week,
    requested_on,
    status,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(requested_on as timestamp) as event_at,
    start_date as valid_from,
    end_date as valid_to

from versions
order by request_id, source_system, known_at, batch_id, source_line
