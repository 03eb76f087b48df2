with

landed as (

    select * from {{ landing('opportunity_event') }}

),

named as (

    select
        -- identifiers
        event_id,
        opportunity_id,

        -- attributes
        event_type,
        old_value,
        new_value,

        -- dates
        event_at,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
