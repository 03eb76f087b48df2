-- Invoice to cash, payment by payment and invoice by invoice.
with

payments as (

    select
        payment.payment_id,
        payment.currency,
        payment.amount,
        payment.paid_on,
        position.invoice_id,
        position.contract_id,
        position.legal_entity_id,
        position.is_issued,
        position.currency as invoice_currency

    from {{ current_rows('payment') }} as payment
    left join {{ ref('int_invoice_position') }} as position on payment.invoice_id = position.invoice_id

),

positions as (

    select
        *,
        paid_amount + credited_amount as settled_amount,
        coalesce(last_paid_on, last_credited_on, issue_date) as last_moved_on

    from {{ ref('int_invoice_position') }}
    where is_issued

),

items as (

    select
        'payment_for_unknown_invoice' as finding_class,
        'payment' as object_type,
        payment_id as object_id,
        contract_id,
        legal_entity_id,
        currency,
        cast(0 as decimal(18, 2)) as expected_amount,
        amount as found_amount,
        paid_on as wrong_since
    from payments
    where invoice_id is null

    union all

    select
        'payment_for_unissued_invoice', 'payment', payment_id, contract_id, legal_entity_id, currency, 0, amount, paid_on
    from payments
    where not is_issued

    union all

    select
        'payment_in_other_currency', 'payment', payment_id, contract_id, legal_entity_id, currency, 0, amount, paid_on
    from payments
    where is_issued and currency <> invoice_currency

    union all

    select
        'credit_above_invoice', 'invoice', invoice_id, contract_id, legal_entity_id, currency,
        gross_amount, credited_amount, coalesce(last_credited_on, last_moved_on)
    from positions
    where credited_amount - gross_amount > 0.01

    union all

    -- A cent may be lost when the tax of a credit is rounded.
    select
        'invoice_overpaid', 'invoice', invoice_id, contract_id, legal_entity_id, currency,
        gross_amount, settled_amount, last_moved_on
    from positions
    where settled_amount - gross_amount > 0.01 and credited_amount - gross_amount <= 0.01

    union all

    select
        'paid_invoice_open', 'invoice', invoice_id, contract_id, legal_entity_id, currency,
        gross_amount, settled_amount, last_moved_on
    from positions
    where status = 'paid' and gross_amount - settled_amount > 0.01

)

{{ differences('items') }}
