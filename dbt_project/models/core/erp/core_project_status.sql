with

versions as (

    {{ versions(
        ref('stg_erp__project_status'),
        key=['source_system', 'status_id'],
        content=[
            'project_id', 'status_date', 'percent_complete', 'actual_cost', 'etc_cost', 'etc_hours',
            'forecast_cost', 'forecast_end_date', 'currency', 'rag', 'comment', 'is_deleted'
        ]
    ) }}

)

select
    status_id,
    project_id,
    status_date,
    percent_complete,
    actual_cost,
    etc_cost,
    etc_hours,
    forecast_cost,
    forecast_end_date,
    currency,
    rag,
    comment,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(status_date as timestamp) as event_at,
    status_date as valid_from,
    cast(null as date) as valid_to

from versions
order by status_id, source_system, known_at, batch_id, source_line
