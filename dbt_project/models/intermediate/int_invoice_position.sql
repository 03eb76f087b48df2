-- Cash and credits count in the invoice's own currency; others are in rec_invoice_to_cash as unmatched. A credit note
-- states its net amount: the invoice is relieved of the tax on it too.
with

cash as (

    select
        invoice_id,
        currency,
        sum(amount) as paid_amount,
        max(paid_on) as last_paid_on

    from {{ current_rows('payment') }} as payment
    group by invoice_id, currency

),

credits as (

    select
        invoice_id,
        currency,
        sum(amount) as credited_amount,
        max(issued_on) as last_credited_on

    from {{ current_rows('credit_note') }} as credit
    group by invoice_id, currency

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
        golden.client_id,
        invoice.account_id,
        invoice.legal_entity_id,
        invoice.contract_id,
        invoice.project_id,
        invoice.invoice_number,
        invoice.status,
        case when invoice.status in ('issued', 'paid') then true else false end as is_issued,
        invoice.issue_date,
        invoice.due_date,
        invoice.currency,
        invoice.amount as net_amount,
        invoice.amount + coalesce(invoice.tax_amount, 0) as gross_amount,
        coalesce(cash.paid_amount, 0) as paid_amount,
        coalesce({{ money(product('credits.credited_amount', '(invoice.amount + coalesce(invoice.tax_amount, 0))')
            ~ ' / nullif(invoice.amount, 0)') }}, credits.credited_amount, 0) as credited_amount,
        coalesce(disputes.open_disputes, 0) as open_disputes,
        cash.last_paid_on,
        credits.last_credited_on

    from {{ current_rows('invoice') }} as invoice
    left join {{ ref('int_account_client') }} as golden on invoice.account_id = golden.account_id
    left join cash on invoice.invoice_id = cash.invoice_id and invoice.currency = cash.currency
    left join credits on invoice.invoice_id = credits.invoice_id and invoice.currency = credits.currency
    left join disputes on invoice.invoice_id = disputes.invoice_id

)

select
    positions.invoice_id,
    coalesce(positions.client_id, positions.account_id) as client_id,
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
    positions.currency,
    positions.net_amount,
    {{ money('positions.gross_amount') }} as gross_amount,
    {{ money('positions.paid_amount') }} as paid_amount,
    {{ money('positions.credited_amount') }} as credited_amount,
    case
        when positions.is_issued
            then {{ money('positions.gross_amount - positions.paid_amount - positions.credited_amount') }}
        else {{ money('0') }}
    end as open_amount,
    positions.open_disputes,
    case
        when positions.is_issued then {{ money(product(
            'positions.gross_amount - positions.paid_amount - positions.credited_amount', 'fx.rate'
        )) }}
        else {{ money('0') }}
    end as open_amount_reporting,
    {{ money(product('positions.net_amount', 'fx.rate')) }} as net_amount_reporting

from positions
left join {{ ref('int_fx_reporting') }} as fx
    on {{ fx_holds('fx', 'positions.currency', 'positions.issue_date') }}
order by positions.invoice_id
