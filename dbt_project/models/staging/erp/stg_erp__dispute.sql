with

landed as (

    select * from {{ landing('dispute') }}

),

named as (

    select
        -- identifiers
        dispute_id,
        invoice_id,

        -- attributes
        currency,
        cause_code,
        status,
        resolution,

        -- numbers
        amount,

        -- dates
        opened_on,
        resolved_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
