-- An approved change order should be planned for billing (or billed) when it moves a price that is not paid by the hour,
-- and in a later baseline when it moves cost or hours; a signed amendment should be in the contract's value and end.
with

scheduled as (

    select change_order_id
    from {{ current_rows('billing_schedule') }} as schedule
    where change_order_id is not null and status <> 'cancelled'
    union
    select change_order_id
    from {{ current_rows('invoice_line') }} as line
    where change_order_id is not null

),

baselines as (

    select project_id, max(approved_on) as last_approved_on
    from {{ current_rows('project_budget') }} as budget
    group by project_id

),

orders as (

    select
        change.change_order_id,
        change.project_id,
        coalesce(change.contract_id, project.contract_id) as contract_id,
        project.legal_entity_id,
        coalesce(change.approved_on, change.effective_date, change.requested_on) as agreed_on,
        coalesce(change.currency, project.currency) as currency,
        change.value_change,
        change.cost_change,
        case
            when coalesce(change.value_change, 0) <> 0
                and coalesce(line.billing_method, project.billing_method, 'unknown') <> 'time_and_materials'
                and scheduled.change_order_id is null then true
            else false
        end as is_missing_in_billing,
        case
            when (coalesce(change.cost_change, 0) <> 0 or coalesce(change.hours_change, 0) <> 0)
                and (baselines.last_approved_on is null
                    or baselines.last_approved_on < coalesce(change.approved_on, change.requested_on)) then true
            else false
        end as is_missing_in_budget

    from {{ current_rows('change_order') }} as change
    left join {{ current_rows('project') }} as project on change.project_id = project.project_id
    left join {{ current_rows('contract_line') }} as line on change.contract_line_id = line.contract_line_id
    left join scheduled on change.change_order_id = scheduled.change_order_id
    left join baselines on change.project_id = baselines.project_id
    where change.status = 'approved'

),

-- The contract's value as it was believed when the amendment was signed.
values_before as (

    select
        amendment.amendment_id,
        contract.total_value,
        row_number() over (
            partition by amendment.amendment_id
            order by contract.known_at desc, coalesce(contract.known_to, cast('9999-12-31' as timestamp)) desc
        ) as preference

    from {{ current_rows('contract_amendment') }} as amendment
    inner join {{ ref('core_contract') }} as contract
        on amendment.contract_id = contract.contract_id
        and contract.known_at < cast(amendment.signed_on as timestamp)
    where not contract.is_deleted

),

amendments as (

    select
        amendment.amendment_id,
        amendment.contract_id,
        contract.legal_entity_id,
        amendment.signed_on as agreed_on,
        coalesce(amendment.currency, contract.currency) as currency,
        amendment.value_change,
        case
            when coalesce(amendment.value_change, 0) > 0
                and contract.total_value < values_before.total_value + amendment.value_change then true
            when coalesce(amendment.value_change, 0) < 0
                and contract.total_value > values_before.total_value + amendment.value_change then true
            else false
        end as is_missing_in_value,
        case when contract.end_date < amendment.new_end_date then true else false end as is_missing_in_dates

    from {{ current_rows('contract_amendment') }} as amendment
    inner join {{ current_rows('contract') }} as contract on amendment.contract_id = contract.contract_id
    left join values_before on amendment.amendment_id = values_before.amendment_id and values_before.preference = 1
    where amendment.status = 'signed'

)

select
    cast('change_order' as {{ dbt.type_string() }}) as change_kind,
    change_order_id as change_id,
    contract_id,
    project_id,
    legal_entity_id,
    agreed_on,
    currency,
    value_change,
    cost_change,
    is_missing_in_billing,
    is_missing_in_budget,
    false as is_missing_in_contract

from orders
where is_missing_in_billing or is_missing_in_budget

union all

select
    cast('contract_amendment' as {{ dbt.type_string() }}) as change_kind,
    amendment_id as change_id,
    contract_id,
    cast(null as {{ dbt.type_string() }}) as project_id,
    legal_entity_id,
    agreed_on,
    currency,
    value_change,
    cast(null as decimal(18, 2)) as cost_change,
    false as is_missing_in_billing,
    false as is_missing_in_budget,
    true as is_missing_in_contract

from amendments
where is_missing_in_value or is_missing_in_dates
order by change_kind, change_id
