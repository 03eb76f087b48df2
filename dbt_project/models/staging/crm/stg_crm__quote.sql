with

landed as (

    select * from {{ landing('quote') }}

),

named as (

    select
        -- identifiers
        quote_id,
        opportunity_id,

        -- attributes
        currency,
        status,

        -- numbers
        amount,
        discount_pct,

        -- dates
        issued_on,
        valid_until,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
