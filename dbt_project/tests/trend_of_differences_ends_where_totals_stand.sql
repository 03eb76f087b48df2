-- The last month of rec_trend is what the reconciliations say now; one row per currency where it is not. The gross amount of
-- each credit note is rounded on its own there, hence a cent per record.
with

ends as (

    select
        trend.reconciliation,
        trend.currency,
        sum(trend.difference) as difference,
        sum(trend.found_rows) as found_rows

    from {{ ref('rec_trend') }} as trend
    cross join {{ ref('int_valuation') }} as valuation
    where trend.month_start = {{ month_start_of('valuation.valued_on') }} and trend.unit = 'money'
    group by trend.reconciliation, trend.currency

),

totals as (

    select reconciliation, currency, sum(difference) as difference
    from (
        select 'crm_to_erp' as reconciliation, currency, difference
        from {{ ref('rec_crm_to_erp') }}
        union all
        select 'billing_to_revenue' as reconciliation, currency, difference
        from {{ ref('rec_billing_to_revenue') }}
        union all
        select 'invoice_to_cash' as reconciliation, currency, -open_amount as difference
        from {{ ref('rec_invoice_to_cash') }}
    ) as present
    group by reconciliation, currency

)

select
    coalesce(totals.reconciliation, ends.reconciliation) as reconciliation,
    coalesce(totals.currency, ends.currency) as currency,
    totals.difference as stands,
    ends.difference as trend_ends

from totals
full outer join ends
    on totals.reconciliation = ends.reconciliation
    and totals.currency is not distinct from ends.currency
where abs(coalesce(totals.difference, 0) - coalesce(ends.difference, 0))
    > case when ends.reconciliation = 'invoice_to_cash' then 0.01 * ends.found_rows else 0 end
