with

landed as (

    select * from {{ landing('invoice_line') }}

),

named as (

    select
        -- identifiers
        invoice_line_id,
        invoice_id,
        contract_line_id,
        project_id,
        change_order_id,
        person_id,

        -- attributes
        line_type,
        role,
        currency,
        tax_code,
        description,

        -- numbers
        quantity,
        unit_rate,
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
