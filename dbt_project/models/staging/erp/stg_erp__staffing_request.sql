with

landed as (

    select * from {{ landing('staffing_request') }}

),

named as (

    select
        -- identifiers
        request_id,
        project_id,
        opportunity_id,

        -- attributes
        role,
        region,
        status,

        -- numbers
        seniority,
        hours_per_week,

        -- dates
        start_date,
        end_date,
        requested_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
