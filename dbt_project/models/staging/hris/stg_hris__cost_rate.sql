with

landed as (

    select * from {{ landing('cost_rate') }}

),

named as (

    select
        -- identifiers
        cost_rate_id,
        person_id,

        -- attributes
        currency,

        -- numbers
        rate,

        -- dates
        valid_from,
        valid_to,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
