with

versions as (

    {{ versions(
        ref('stg_hris__capacity_series'),
        key=['source_system', 'role', 'region', 'period_start'],
        content=['capacity', 'unit', 'is_deleted']
    ) }}

)

select
    role,
    region,
    period_start,
    capacity,
    unit,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(period_start as timestamp) as event_at,
    period_start as valid_from,
    cast(null as date) as valid_to

from versions
order by role, region, period_start, source_system, known_at, batch_id, source_line
