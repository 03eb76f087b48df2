with

payments as (

    select
        position.legal_entity_id,
        payment.currency,
        sum(payment.amount) as received_amount,
        sum(case when position.is_issued and position.currency = payment.currency then 0 else payment.amount end)
            as unmatched_amount

    from {{ current_rows('payment') }} as payment
    left join {{ ref('int_invoice_position') }} as position on payment.invoice_id = position.invoice_id
    group by position.legal_entity_id, payment.currency

),

sides as (

    select
        legal_entity_id,
        currency,
        1 as invoices,
        gross_amount,
        paid_amount,
        credited_amount,
        open_amount,
        cast(0 as decimal(18, 2)) as received_amount,
        cast(0 as decimal(18, 2)) as unmatched_amount

    from {{ ref('int_invoice_position') }}
    where is_issued

    union all

    select legal_entity_id, currency, 0, 0, 0, 0, 0, received_amount, unmatched_amount
    from payments

)

select
    legal_entity_id,
    currency,
    cast(sum(invoices) as bigint) as invoices,
    {{ money('sum(gross_amount)') }} as invoiced_amount,
    {{ money('sum(paid_amount)') }} as paid_amount,
    {{ money('sum(credited_amount)') }} as credited_amount,
    {{ money('sum(open_amount)') }} as open_amount,
    {{ money('sum(received_amount)') }} as received_amount,
    {{ money('sum(unmatched_amount)') }} as unmatched_amount,
    {{ money('sum(gross_amount) - sum(paid_amount) - sum(credited_amount) - sum(open_amount)') }} as difference

from sides
group by legal_entity_id, currency
order by legal_entity_id, currency
