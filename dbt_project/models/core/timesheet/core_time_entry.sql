with

versions as (

    {{ versions(
        ref('stg_timesheet__time_entry'),
        key=['source_system', 'time_entry_id'],
        content=[
            'person_id', 'project_id', 'task_id', 'contract_line_id', 'work_date', 'hours', 'role',
            'billable', 'description', 'status', 'submitted_at', 'approved_at', 'approver_id',
            'invoice_line_id', 'is_deleted'
        ]
    ) }}

)

select
    time_entry_id,
    person_id,
    project_id,
    task_id,
    contract_line_id,
    work_date,
    hours,
    role,
    billable,
    description,
    status,
    submitted_at,
    approved_at,
    approver_id,
    invoice_line_id,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(work_date as timestamp) as event_at,
    work_date as valid_from,
    cast(null as date) as valid_to

from versions
order by time_entry_id, source_system, known_at, batch_id, source_line
