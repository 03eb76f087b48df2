with

landed as (

    select * from {{ landing('billing_schedule') }}

),

named as (

    select
        -- identifiers
        schedule_id,
        contract_id,
        contract_line_id,
        change_order_id,
        milestone_id,
        invoice_line_id,

        -- attributes
        currency,
        status,

        -- numbers
        amount,

        -- dates
        period_start,
        period_end,
        due_date,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
