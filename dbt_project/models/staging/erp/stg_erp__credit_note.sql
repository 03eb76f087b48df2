with

landed as (

    select * from {{ landing('credit_note') }}

),

named as (

    select
        -- identifiers
        credit_note_id,
        invoice_id,

        -- attributes
        currency,
        reason_code,

        -- numbers
        amount,

        -- dates
        issued_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
