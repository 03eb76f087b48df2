-- What customers owe on each invoice. What is paid and credited is said by int_invoice_settlement; an invoice overpaid or
-- credited twice has a credit balance, which makes no other invoice less overdue.
with

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
        case
            when invoice.status in ('issued', 'paid')
                then {{ money("invoice.amount + coalesce(invoice.tax_amount, 0) - coalesce(settlement.paid_amount, 0)
                    - coalesce(settlement.credited_amount, 0)") }}
            else {{ money('0') }}
        end as open_amount,
        coalesce(invoice.due_date, invoice.issue_date) as due_on,
        valuation.valued_on,
        coalesce(settlement.paid_amount, 0) as paid_amount,
        coalesce(settlement.credited_amount, 0) as credited_amount,
        coalesce(disputes.open_disputes, 0) as open_disputes,
        settlement.last_paid_on,
        settlement.last_credited_on,
        settlement.last_returned_on,
        settlement.settled_on

    from {{ current_rows('invoice') }} as invoice
    left join {{ ref('int_account_client') }} as golden on invoice.account_id = golden.account_id
    cross join {{ ref('int_valuation') }} as valuation
    left join {{ ref('int_invoice_settlement') }} as settlement on invoice.invoice_id = settlement.invoice_id
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
    positions.last_returned_on,
    positions.settled_on,
    positions.currency,
    positions.net_amount,
    {{ money('positions.gross_amount') }} as gross_amount,
    {{ money('positions.paid_amount') }} as paid_amount,
    {{ money('positions.credited_amount') }} as credited_amount,
    positions.open_amount,
    case
        when positions.is_issued
            then cast({{ dbt.datediff('positions.due_on', 'positions.valued_on', 'day') }} as bigint)
    end as days_overdue,
    case
        when positions.open_amount > 0 and positions.due_on < positions.valued_on then positions.open_amount
        else {{ money('0') }}
    end as overdue_amount,
    positions.open_disputes,
    case
        when positions.open_amount = 0 then {{ money('0') }}
        else {{ money(product('positions.open_amount', 'fx.rate')) }}
    end as open_amount_reporting,
    case
        when positions.open_amount > 0 and positions.due_on < positions.valued_on
            then {{ money(product('positions.open_amount', 'fx.rate')) }}
        else {{ money('0') }}
    end as overdue_amount_reporting,
    {{ money(product('positions.net_amount', 'fx.rate')) }} as net_amount_reporting

from positions
left join {{ ref('int_fx_reporting') }} as fx
    on {{ fx_holds('fx', 'positions.currency', 'positions.issue_date') }}
order by positions.invoice_id
