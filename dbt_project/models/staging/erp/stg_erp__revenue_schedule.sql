with

landed as (

    select * from {{ landing('revenue_schedule') }}

),

named as (

    select
        -- identifiers
        revenue_id,
        contract_id,
        contract_line_id,

        -- attributes
        currency,
        method,
        status,

        -- numbers
        amount,

        -- dates
        period_start,
        period_end,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
