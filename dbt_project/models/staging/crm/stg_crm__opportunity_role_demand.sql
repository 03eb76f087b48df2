with

landed as (

    select * from {{ landing('opportunity_role_demand') }}

),

named as (

    select
        -- identifiers
        demand_id,
        opportunity_id,

        -- attributes
        role,
        region,

        -- numbers
        fte,
        start_offset_weeks,
        duration_weeks,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
