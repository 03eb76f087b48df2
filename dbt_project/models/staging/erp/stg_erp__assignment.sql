with

landed as (

    select * from {{ landing('assignment') }}

),

named as (

    select
        -- identifiers
        assignment_id,
        project_id,
        opportunity_id,
        request_id,
        person_id,

        -- attributes
        role,
        booking_type,
        status,

        -- numbers
        hours_per_week,

        -- dates
        start_date,
        end_date,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
