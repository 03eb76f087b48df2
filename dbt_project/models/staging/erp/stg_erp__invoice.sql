with

landed as (

    select * from {{ landing('invoice') }}

),

named as (

    select
        -- identifiers
        invoice_id,
        account_id,
        legal_entity_id,
        contract_id,
        project_id,

        -- attributes
        invoice_number,
        status,
        currency,
        po_number,

        -- numbers
        amount,
        tax_amount,

        -- dates
        billing_run_date,
        issue_date,
        due_date,
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
