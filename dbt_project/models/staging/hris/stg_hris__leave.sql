with

landed as (

    select * from {{ landing('leave') }}

),

named as (

    select
        -- identifiers
        leave_id,
        person_id,

        -- attributes
        leave_type,
        status,

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
