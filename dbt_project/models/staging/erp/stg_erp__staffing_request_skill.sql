with

landed as (

    select * from {{ landing('staffing_request_skill') }}

),

named as (

    select
        -- identifiers
        request_id,
        skill_id,

        -- numbers
        min_level,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
