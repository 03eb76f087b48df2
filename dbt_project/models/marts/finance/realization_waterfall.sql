-- 1/3 Work paid by the hour at list prices and at contract rates, and what of it is billed. 2/3 What invoices bill for it: hours, and
-- adjustments such as write-offs and ceilings. 3/3 What was credited and paid on those invoices, tax left out, by each
-- line's share of its invoice.
with

entries as (

    select time_entry_id, project_id, role, work_date, hours, bill_currency, bill_amount, is_billed
    from {{ ref('int_time_value') }}
    where is_billable and is_approved and bill_amount is not null
        and billing_method in ('time_and_materials', 'hybrid')

),

-- The firm's list price of a role on a day: a rate card of no contract.
days as (

    select role, bill_currency, work_date
    from entries
    group by role, bill_currency, work_date

),

listed as (

    select
        days.role,
        days.bill_currency,
        days.work_date,
        card.rate,
        row_number() over (
            partition by days.role, days.bill_currency, days.work_date
            order by card.valid_from desc, card.rate_id
        ) as preference

    from days
    inner join {{ current_rows('rate_card') }} as card
        on days.role = card.role
        and days.bill_currency = card.currency
        and days.work_date >= card.valid_from
        and (card.valid_to is null or days.work_date < card.valid_to)
    where card.contract_id is null and card.person_id is null

),

worked as (

    select
        entries.project_id,
        entries.bill_currency as currency,
        sum(case
            when listed.rate is null then entries.bill_amount
            else {{ money(product('entries.hours', 'listed.rate')) }}
        end) as list_amount,
        sum(entries.bill_amount) as worked_amount,
        sum(case when entries.is_billed then 0 else entries.bill_amount end) as unbilled_amount

    from entries
    left join listed
        on entries.role = listed.role
        and entries.bill_currency = listed.bill_currency
        and entries.work_date = listed.work_date
        and listed.preference = 1
    group by entries.project_id, entries.bill_currency

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
        coalesce(worked.list_amount, 0) as list_amount,
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
    {{ money('steps.list_amount') }} as list_amount,
    {{ money('steps.list_amount - steps.worked_amount') }} as discount_amount,
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
