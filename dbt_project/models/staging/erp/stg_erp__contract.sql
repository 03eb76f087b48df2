with

landed as (

    select * from {{ landing('contract') }}

),

named as (

    select
        -- identifiers
        contract_id,
        account_id,
        legal_entity_id,
        opportunity_id,

        -- attributes
        name,
        billing_method,
        currency,
        po_required,
        po_number,
        invoice_format,
        status,

        -- numbers
        total_value,
        not_to_exceed,
        escalator_pct,
        payment_terms_days,

        -- dates
        escalator_date,
        start_date,
        end_date,
        signed_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
