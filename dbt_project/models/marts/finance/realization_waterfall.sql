-- 1/3 Work paid by the hour at contract rates, and what of it is billed. 2/3 What invoices bill for it: hours, and
-- adjustments such as write-offs and ceilings. 3/3 What was credited and paid on those invoices, tax left out, by each
-- line's share of its invoice.
with

worked as (

    select
        project_id,
        bill_currency as currency,
        sum(bill_amount) as worked_amount,
        sum(case when is_billed then 0 else bill_amount end) as unbilled_amount

    from {{ ref('int_time_value') }}
    where is_billable and is_approved and bill_amount is not null
        and billing_method in ('time_and_materials', 'hybrid')
    group by project_id, bill_currency

),

lines as (

    select
        line.project_id,
        line.currency,
        line.line_type,
        line.amount,
        position.is_issued,
        case when position.is_issued then line.amount / nullif(position.net_amount, 0) end as share_of_invoice,
        position.net_amount / nullif(position.gross_amount, 0) as net_share,
        position.credited_amount,
        position.paid_amount

    from {{ current_rows('invoice_line') }} as line
    inner join {{ ref('int_invoice_position') }} as position
        on line.invoice_id = position.invoice_id
        and line.currency = position.currency
    left join {{ current_rows('contract_line') }} as agreed on line.contract_line_id = agreed.contract_line_id
    where position.status <> 'cancelled' and line.project_id is not null
        and line.line_type in ('time', 'adjustment')
        and coalesce(agreed.billing_method, 'time_and_materials') in ('time_and_materials', 'hybrid')

),

billed as (

    select
        project_id,
        currency,
        sum(case when line_type = 'time' then amount else 0 end) as time_amount,
        sum(case when line_type = 'adjustment' then amount else 0 end) as adjustment_amount,
        sum(case when is_issued then 0 else amount end) as draft_amount,
        {{ money('coalesce(sum(credited_amount * net_share * share_of_invoice), 0)') }} as credited_amount,
        {{ money('coalesce(sum(paid_amount * net_share * share_of_invoice), 0)') }} as collected_amount

    from lines
    group by project_id, currency

),

steps as (

    select
        coalesce(worked.project_id, billed.project_id) as project_id,
        coalesce(worked.currency, billed.currency) as currency,
        coalesce(worked.worked_amount, 0) as worked_amount,
        coalesce(worked.unbilled_amount, 0) as unbilled_amount,
        coalesce(billed.time_amount, 0) as time_amount,
        coalesce(billed.adjustment_amount, 0) as adjustment_amount,
        coalesce(billed.draft_amount, 0) as draft_amount,
        coalesce(billed.credited_amount, 0) as credited_amount,
        coalesce(billed.collected_amount, 0) as collected_amount

    from worked
    full outer join billed on worked.project_id = billed.project_id and worked.currency = billed.currency

)

select
    steps.project_id,
    project.legal_entity_id,
    steps.currency,
    {{ money('steps.worked_amount') }} as worked_amount,
    {{ money('steps.unbilled_amount') }} as unbilled_amount,
    {{ money('steps.time_amount - (steps.worked_amount - steps.unbilled_amount)') }} as rate_variance_amount,
    {{ money('steps.adjustment_amount') }} as adjustment_amount,
    {{ money('steps.time_amount + steps.adjustment_amount') }} as billed_amount,
    {{ money('steps.draft_amount') }} as draft_amount,
    steps.credited_amount,
    steps.collected_amount,
    {{ money('steps.time_amount + steps.adjustment_amount - steps.draft_amount - steps.credited_amount
        - steps.collected_amount') }} as open_amount,
    {{ ratio('steps.time_amount + steps.adjustment_amount', 'steps.worked_amount') }} as billing_realization_ratio,
    {{ ratio('steps.collected_amount', 'steps.worked_amount') }} as collection_realization_ratio

from steps
left join {{ current_rows('project') }} as project on steps.project_id = project.project_id
order by steps.project_id, steps.currency
