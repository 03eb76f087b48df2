-- What customers owe on each invoice. 1/2 When it is due is said by int_invoice_due, what is paid and credited by
-- int_invoice_settlement; an invoice overpaid or credited twice has a credit balance, which makes no other invoice less
-- overdue. 2/2 Open is what is known to be unsettled: what a source calls paid without recording a payment, and what money
-- of another currency settles, cannot be said.
with

foreign_payments as (

    select payment.invoice_id
    from {{ current_rows('payment') }} as payment
    inner join {{ current_rows('invoice') }} as invoice
        on payment.invoice_id = invoice.invoice_id
        and payment.currency <> invoice.currency
    group by payment.invoice_id
    having sum(payment.amount) > 0

),

disputes as (

    select
        invoice_id,
        count(*) as open_disputes

    from {{ current_rows('dispute') }} as dispute
    where status = 'open'
    group by invoice_id

),

positions as (

    select
        invoice.invoice_id,
        coalesce(golden.client_id, invoice.account_id) as client_id,
        invoice.legal_entity_id,
        invoice.contract_id,
        invoice.project_id,
        invoice.invoice_number,
        invoice.status,
        due.is_issued,
        due.issue_date,
        due.due_date,
        valuation.valued_on,
        invoice.currency,
        invoice.amount as net_amount,
        invoice.amount + coalesce(invoice.tax_amount, 0) as gross_amount,
        case
            when due.is_issued
                then {{ money("invoice.amount + coalesce(invoice.tax_amount, 0) - coalesce(settlement.paid_amount, 0)
                    - coalesce(settlement.credited_amount, 0)") }}
            else {{ money('0') }}
        end as open_amount,
        coalesce(settlement.paid_amount, 0) as paid_amount,
        coalesce(settlement.credited_amount, 0) as credited_amount,
        coalesce(disputes.open_disputes, 0) as open_disputes,
        settlement.last_paid_on,
        settlement.last_credited_on,
        settlement.last_returned_on,
        settlement.settled_on,
        case when foreign_payments.invoice_id is null then false else true end as is_paid_in_other_currency

    from {{ current_rows('invoice') }} as invoice
    inner join {{ ref('int_invoice_due') }} as due on invoice.invoice_id = due.invoice_id
    left join {{ ref('int_account_client') }} as golden on invoice.account_id = golden.account_id
    cross join {{ ref('int_valuation') }} as valuation
    left join {{ ref('int_invoice_settlement') }} as settlement on invoice.invoice_id = settlement.invoice_id
    left join foreign_payments on invoice.invoice_id = foreign_payments.invoice_id
    left join disputes on invoice.invoice_id = disputes.invoice_id

)

select
    positions.invoice_id,
    positions.client_id,
    positions.legal_entity_id,
    positions.contract_id,
    positions.project_id,
    positions.invoice_number,
    positions.status,
    positions.is_issued,
    positions.issue_date,
    positions.due_date,
    positions.last_paid_on,
    positions.last_credited_on,
    positions.last_returned_on,
    positions.settled_on,
    positions.is_paid_in_other_currency,
    positions.is_issued and positions.settled_on is null and not positions.is_paid_in_other_currency
        and (positions.status <> 'paid' or positions.last_returned_on is not null) as is_open,
    positions.currency,
    positions.net_amount,
    {{ money('positions.gross_amount') }} as gross_amount,
    {{ money('positions.paid_amount') }} as paid_amount,
    {{ money('positions.credited_amount') }} as credited_amount,
    positions.open_amount,
    case
        when positions.is_issued
            then cast({{ dbt.datediff('positions.due_date', 'positions.valued_on', 'day') }} as bigint)
    end as days_overdue,
    case
        when positions.open_amount > 0 and positions.due_date < positions.valued_on then positions.open_amount
        else {{ money('0') }}
    end as overdue_amount,
    positions.open_disputes,
    case
        when positions.open_amount = 0 then {{ money('0') }}
        else {{ money(product('positions.open_amount', 'fx.rate')) }}
    end as open_amount_reporting,
    case
        when positions.open_amount > 0 and positions.due_date < positions.valued_on
            then {{ money(product('positions.open_amount', 'fx.rate')) }}
        else {{ money('0') }}
    end as overdue_amount_reporting,
    {{ money(product('positions.net_amount', 'fx.rate')) }} as net_amount_reporting

from positions
left join {{ ref('int_fx_reporting') }} as fx
    on {{ fx_holds('fx', 'positions.currency', 'positions.issue_date') }}
order by positions.invoice_id
