with

landed as (

    select * from {{ landing('payment') }}

),

named as (

    select
        -- identifiers
        payment_id,
        invoice_id,

        -- attributes
        currency,

        -- numbers
        amount,

        -- dates
        paid_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
