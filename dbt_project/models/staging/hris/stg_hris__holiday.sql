with

landed as (

    select * from {{ landing('holiday') }}

),

named as (

    select
        -- identifiers
        calendar_id,
        holiday_date,

        -- attributes
        name,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
