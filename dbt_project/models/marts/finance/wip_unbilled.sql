-- Work counts where the contract pays by the hour; hours under a fixed price are earned by progress, not by the hour.
with

unbilled as (

    select
        project_id,
        contract_line_id,
        bill_currency as currency,
        hours,
        bill_amount as time_amount,
        cast(0 as decimal(18, 2)) as expense_amount,
        work_date as earned_on

    from {{ ref('int_time_value') }}
    where is_billable and is_approved and not is_billed
        and billing_method in ('time_and_materials', 'hybrid')

    union all

    select
        project_id,
        contract_line_id,
        currency,
        cast(0 as decimal(18, 2)) as hours,
        cast(0 as decimal(18, 2)) as time_amount,
        amount as expense_amount,
        expense_date as earned_on

    from {{ current_rows('expense') }} as expense
    where billable and status = 'approved' and invoice_line_id is null

),

sums as (

    select
        unbilled.project_id,
        unbilled.contract_line_id,
        unbilled.currency,
        {{ hours('sum(unbilled.hours)') }} as unbilled_hours,
        {{ money('coalesce(sum(unbilled.time_amount), 0)') }} as unbilled_time_amount,
        {{ money('sum(unbilled.expense_amount)') }} as unbilled_expense_amount,
        {{ hours('sum(case when unbilled.time_amount is null then unbilled.hours else 0 end)') }} as unpriced_hours,
        min(unbilled.earned_on) as oldest_earned_on,
        cast(max({{ dbt.datediff('unbilled.earned_on', 'valuation.valued_on', 'day') }}) as bigint) as oldest_age_days

    from unbilled
    cross join {{ ref('int_valuation') }} as valuation
    group by unbilled.project_id, unbilled.contract_line_id, unbilled.currency

)

select
    sums.project_id,
    project.project_name,
    project.client_id,
    project.client_name,
    sums.contract_line_id,
    project.legal_entity_id,
    project.practice,
    project.project_type,
    project.manager_id,
    sums.currency,
    sums.unbilled_hours,
    sums.unbilled_time_amount,
    sums.unbilled_expense_amount,
    sums.unpriced_hours,
    sums.oldest_earned_on,
    sums.oldest_age_days

from sums
left join {{ ref('project') }} as project on sums.project_id = project.project_id
order by sums.project_id, sums.contract_line_id, sums.currency
