with

landed as (

    select * from {{ landing('capacity_series') }}

),

named as (

    select
        -- identifiers
        role,
        region,
        period_start,

        -- attributes
        unit,

        -- numbers
        capacity,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
