-- 1/3 Work paid by the hour at list prices and at contract rates, and what of it is billed. 2/3 What invoices bill for it,
-- and what was credited and paid. 3/3 The steps between; what is realized is what the mart `realization` says of this work.
with

worked as (

    select
        project_id,
        currency,
        sum(standard_amount) as list_amount,
        sum(bill_amount) as worked_amount,
        sum(case when is_billed then 0 else bill_amount end) as unbilled_amount

    from {{ ref('int_standard_value') }}
    where bill_amount is not null and billing_method in ('time_and_materials', 'hybrid')
    group by project_id, currency

),

billed as (

    select
        project_id,
        currency,
        sum(case when line_type = 'time' then amount else 0 end) as time_amount,
        sum(case when line_type = 'adjustment' then amount else 0 end) as adjustment_amount,
        sum(case when is_issued then 0 else amount end) as draft_amount,
        sum(credited_amount) as credited_amount,
        sum(collected_amount) as collected_amount

    from {{ ref('int_hourly_line') }}
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
    project.project_name,
    project.client_id,
    project.client_name,
    project.legal_entity_id,
    project.practice,
    project.project_type,
    project.manager_id,
    steps.currency,
    {{ money('steps.list_amount') }} as list_amount,
    {{ money('steps.list_amount - steps.worked_amount') }} as discount_amount,
    {{ money('steps.worked_amount') }} as worked_amount,
    {{ money('steps.unbilled_amount') }} as unbilled_amount,
    {{ money('steps.time_amount - (steps.worked_amount - steps.unbilled_amount)') }} as rate_variance_amount,
    {{ money('steps.adjustment_amount') }} as adjustment_amount,
    {{ money('steps.time_amount + steps.adjustment_amount') }} as billed_amount,
    {{ money('steps.draft_amount') }} as draft_amount,
    {{ money('steps.credited_amount') }} as credited_amount,
    {{ money('steps.collected_amount') }} as collected_amount,
    {{ money('steps.time_amount + steps.adjustment_amount - steps.draft_amount - steps.credited_amount
        - steps.collected_amount') }} as open_amount,
    {{ money('steps.time_amount + steps.adjustment_amount - steps.credited_amount + steps.unbilled_amount') }}
        as realized_amount,
    {{ ratio('steps.time_amount + steps.adjustment_amount - steps.credited_amount + steps.unbilled_amount',
        'steps.list_amount') }} as realization_ratio,
    {{ ratio('steps.collected_amount', 'steps.list_amount') }} as collection_realization_ratio

from steps
left join {{ ref('project') }} as project on steps.project_id = project.project_id
order by steps.project_id, steps.currency
