with

issued as (

    select
        position.legal_entity_id,
        position.currency,
        position.open_amount,
        position.open_amount_reporting,
        position.overdue_amount,
        case when position.open_amount > 0 then position.open_amount else 0 end as owed_amount,
        case when position.open_amount < 0 then -position.open_amount else 0 end as credit_balance_amount,
        case when position.open_disputes > 0 and position.open_amount > 0 then position.open_amount else 0 end
            as disputed_amount,
        case
            when position.issue_date > {{ days_after('valuation.valued_on', -90) }}
                and position.issue_date <= valuation.valued_on
                then position.gross_amount
            else 0
        end as billed_last_90_days

    from {{ ref('int_invoice_position') }} as position
    cross join {{ ref('int_valuation') }} as valuation
    where position.is_issued

)

select
    legal_entity_id,
    currency,
    count(*) as issued_invoices,
    {{ money('sum(open_amount)') }} as open_amount,
    {{ money('sum(open_amount_reporting)') }} as open_amount_reporting,
    {{ money('sum(owed_amount)') }} as owed_amount,
    {{ money('sum(credit_balance_amount)') }} as credit_balance_amount,
    {{ money('sum(overdue_amount)') }} as overdue_amount,
    {{ money('sum(disputed_amount)') }} as disputed_amount,
    {{ money('sum(billed_last_90_days)') }} as billed_last_90_days,
    {{ ratio(product('sum(open_amount)', '90'), 'sum(billed_last_90_days)') }} as days_sales_outstanding

from issued
group by legal_entity_id, currency
order by legal_entity_id, currency
