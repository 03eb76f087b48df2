with

landed as (

    select * from {{ landing('currency_rate') }}

),

named as (

    select
        -- identifiers
        from_currency,
        to_currency,
        rate_date,

        -- numbers
        rate,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
