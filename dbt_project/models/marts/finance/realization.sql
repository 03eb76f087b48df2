with

worked as (

    select
        project_id,
        {{ month_start_of('work_date') }} as month_start,
        bill_currency as currency,
        sum(hours) as billable_hours,
        sum(bill_amount) as standard_amount

    from {{ ref('int_time_value') }}
    where is_billable and is_approved and bill_amount is not null
    group by project_id, {{ month_start_of('work_date') }}, bill_currency

),

billed as (

    select
        line.project_id,
        {{ month_start_of('coalesce(line.period_end, position.issue_date)') }} as month_start,
        line.currency,
        sum(line.quantity) as billed_hours,
        sum(line.amount) as billed_amount

    from {{ current_rows('invoice_line') }} as line
    inner join {{ ref('int_invoice_position') }} as position
        on line.invoice_id = position.invoice_id
        and position.is_issued
    where line.line_type = 'time' and line.project_id is not null
    group by line.project_id, {{ month_start_of('coalesce(line.period_end, position.issue_date)') }}, line.currency

)

select
    coalesce(worked.project_id, billed.project_id) as project_id,
    coalesce(worked.month_start, billed.month_start) as month_start,
    coalesce(worked.currency, billed.currency) as currency,
    {{ hours('coalesce(worked.billable_hours, 0)') }} as billable_hours,
    {{ money('coalesce(worked.standard_amount, 0)') }} as standard_amount,
    {{ hours('coalesce(billed.billed_hours, 0)') }} as billed_hours,
    {{ money('coalesce(billed.billed_amount, 0)') }} as billed_amount,
    {{ ratio('coalesce(billed.billed_amount, 0)', 'worked.standard_amount') }} as realization_ratio,
    {{ ratio('coalesce(billed.billed_amount, 0)', 'worked.billable_hours') }} as effective_rate

from worked
full outer join billed
    on worked.project_id = billed.project_id
    and worked.month_start = billed.month_start
    and worked.currency = billed.currency
order by 1, 2, 3
