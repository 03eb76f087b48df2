with

versions as (

    {{ versions(
        ref('stg_erp__task'),
        key=['source_system', 'task_id'],
        content=[
            'project_id', 'contract_line_id', 'name', 'planned_hours', 'billable', 'status',
            'is_deleted'
        ]
    ) }}

)

select
    task_id,
    project_id,
    contract_line_id,
    name,
    planned_hours,
    billable,
    status,
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
order by task_id, source_system, known_at, batch_id, source_line
