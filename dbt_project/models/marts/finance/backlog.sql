-- What active contracts still promise. A contract billed or recognised beyond its value has no backlog; what lies above
-- has a column of its own.
with

progress as (

    select
        contract_id,
        currency,
        sum(billed_amount) as billed_amount,
        sum(recognised_amount) as recognised_amount

    from {{ ref('billing_vs_revenue') }}
    group by contract_id, currency

),

-- Agreed by both sides, and not in the contract yet.
changes as (

    select contract_id, currency, sum(open_amount) as agreed_change_amount
    from {{ under_present_number(ref('change_effect'), 'contract', ['target', 'is_reflected', 'currency', 'open_amount']) }} as effect
    where target = 'contract' and not is_reflected
    group by contract_id, currency

),

planned as (

    select
        schedule.contract_id,
        schedule.currency,
        sum(schedule.amount) as planned_billing_amount,
        sum(case when schedule.due_date <= {{ days_after('valuation.valued_on', 91) }} then schedule.amount else 0 end)
            as planned_13_weeks_amount

    from {{ under_present_number(current_rows('billing_schedule'), 'contract', [
        'due_date', 'currency', 'amount', 'status'
    ]) }} as schedule
    cross join {{ ref('int_valuation') }} as valuation
    where schedule.status = 'planned'
    group by schedule.contract_id, schedule.currency

),

positions as (

    select
        contract.contract_id,
        contract.opportunity_id,
        golden.client_id,
        golden.client_name,
        contract.legal_entity_id,
        contract.billing_method,
        contract.end_date,
        contract.currency,
        coalesce(contract.total_value, 0) as contract_value,
        coalesce(progress.billed_amount, 0) as billed_amount,
        coalesce(progress.recognised_amount, 0) as recognised_amount,
        coalesce(changes.agreed_change_amount, 0) as agreed_change_amount,
        coalesce(planned.planned_billing_amount, 0) as planned_billing_amount,
        coalesce(planned.planned_13_weeks_amount, 0) as planned_13_weeks_amount

    from {{ current_rows('contract') }} as contract
    left join {{ ref('int_account_golden') }} as golden on contract.account_id = golden.account_id
    left join progress on contract.contract_id = progress.contract_id and contract.currency = progress.currency
    left join changes on contract.contract_id = changes.contract_id and contract.currency = changes.currency
    left join planned on contract.contract_id = planned.contract_id and contract.currency = planned.currency
    where contract.status = 'active'

)

select
    contract_id,
    opportunity_id,
    client_id,
    client_name,
    legal_entity_id,
    billing_method,
    end_date,
    currency,
    {{ money('contract_value') }} as contract_value,
    {{ money('recognised_amount') }} as recognised_amount,
    {{ money('billed_amount') }} as billed_amount,
    {{ money('greatest(contract_value - recognised_amount, 0)') }} as contracted_backlog,
    {{ money('greatest(contract_value - billed_amount, 0)') }} as unbilled_backlog,
    {{ money('greatest(billed_amount - contract_value, 0)') }} as billed_above_contract,
    {{ money('agreed_change_amount') }} as agreed_change_amount,
    {{ money('planned_billing_amount') }} as planned_billing_amount,
    {{ money('planned_13_weeks_amount') }} as planned_13_weeks_amount

from positions
order by contract_id
