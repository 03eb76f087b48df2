-- Invoice lines for work paid by the hour: hours, and adjustments such as write-offs and ceilings. Credits and payments of
-- the invoice count by the line's share of it, without tax.
with

lines as (

    select
        line.invoice_line_id,
        line.project_id,
        coalesce(agreed.billing_method, 'time_and_materials') as billing_method,
        line.currency,
        line.line_type,
        coalesce(line.period_end, position.issue_date, valuation.valued_on) as worked_until,
        line.amount,
        position.is_issued,
        case when position.is_issued then line.amount / nullif(position.net_amount, 0) end as share_of_invoice,
        position.net_amount / nullif(position.gross_amount, 0) as net_share,
        position.credited_amount,
        position.paid_amount

    from {{ under_present_number(current_rows('invoice_line'), 'project', [
        'invoice_line_id', 'invoice_id', 'contract_line_id', 'currency', 'line_type', 'period_end', 'amount'
    ]) }} as line
    cross join {{ ref('int_valuation') }} as valuation
    inner join {{ ref('int_invoice_position') }} as position
        on line.invoice_id = position.invoice_id
        and line.currency = position.currency
    left join {{ current_rows('contract_line') }} as agreed on line.contract_line_id = agreed.contract_line_id
    where position.status <> 'cancelled' and line.project_id is not null
        and line.line_type in ('time', 'adjustment')
        and coalesce(agreed.billing_method, 'time_and_materials') in ('time_and_materials', 'hybrid')

)

select
    invoice_line_id,
    project_id,
    cast(billing_method as {{ dbt.type_string() }}) as billing_method,
    currency,
    line_type,
    worked_until,
    amount,
    is_issued,
    {{ money('coalesce(credited_amount * net_share * share_of_invoice, 0)') }} as credited_amount,
    {{ money('coalesce(paid_amount * net_share * share_of_invoice, 0)') }} as collected_amount

from lines
order by invoice_line_id
