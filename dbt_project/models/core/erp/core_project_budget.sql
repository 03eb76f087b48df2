with

versions as (

    {{ versions(
        ref('stg_erp__project_budget'),
        key=['source_system', 'budget_id'],
        content=[
            'project_id', 'version', 'approved_on', 'budget_cost', 'budget_revenue', 'budget_hours',
            'currency', 'planned_end_date', 'reason', 'is_deleted'
        ]
    ) }}

)

select
    budget_id,
    project_id,
    version,
    approved_on,
    budget_cost,
    budget_revenue,
    budget_hours,
    currency,
    planned_end_date,
    reason,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(approved_on as timestamp) as event_at,
    approved_on as valid_from,
    cast(null as date) as valid_to

from versions
order by budget_id, source_system, known_at, batch_id, source_line
