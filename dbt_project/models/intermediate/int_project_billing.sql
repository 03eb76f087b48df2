-- The work each project was billed for, net, in the project's currency at the rate of the day. Expenses passed on are no revenue;
-- a draft counts on the day of its billing run.
with

lines as (

    select
        line.project_id,
        coalesce(invoice.issue_date, invoice.billing_run_date, line.period_end) as billed_on,
        line.currency,
        line.amount

    from {{ under_present_number(current_rows('invoice_line'), 'project', [
        'invoice_id', 'line_type', 'period_end', 'currency', 'amount'
    ]) }} as line
    inner join {{ current_rows('invoice') }} as invoice on line.invoice_id = invoice.invoice_id
    where invoice.status <> 'cancelled' and line.line_type <> 'expense' and line.project_id is not null

),

days as (

    select project_id, billed_on, currency, sum(amount) as amount
    from lines
    cross join {{ ref('int_valuation') }} as valuation
    where billed_on <= valuation.valued_on
    group by project_id, billed_on, currency

)

select
    days.project_id,
    budget.currency,
    {{ money('sum(' ~ functional_amount('days.amount', 'days.currency', 'budget.currency', 'fx', 'own') ~ ')') }}
        as billed_amount

from days
inner join {{ ref('int_project_budget') }} as budget on days.project_id = budget.project_id
left join {{ ref('int_fx_reporting') }} as fx on {{ fx_holds('fx', 'days.currency', 'days.billed_on') }}
left join {{ ref('int_fx_reporting') }} as own on {{ fx_holds('own', 'budget.currency', 'days.billed_on') }}
group by days.project_id, budget.currency
order by days.project_id
