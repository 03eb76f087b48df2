with

landed as (

    select * from {{ landing('expense') }}

),

named as (

    select
        -- identifiers
        expense_id,
        person_id,
        project_id,
        contract_line_id,
        approver_id,
        invoice_line_id,

        -- attributes
        cost_centre,
        category,
        merchant,
        currency,
        billable,
        has_receipt,
        payment_method,
        description,
        status,

        -- numbers
        amount,

        -- dates
        expense_date,
        submitted_at,
        approved_at,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
