with

versions as (

    {{ versions(
        ref('stg_crm__opportunity_role_demand'),
        key=['source_system', 'demand_id'],
        content=[
            'opportunity_id', 'role', 'region', 'fte', 'start_offset_weeks', 'duration_weeks',
            'is_deleted'
        ]
    ) }}

)

select
    demand_id,
    opportunity_id,
    role,
    region,
    fte,
    start_offset_weeks,
    duration_weeks,
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
order by demand_id, source_system, known_at, batch_id, source_line
