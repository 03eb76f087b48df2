-- What moved where changes should show: the contract's value, a project's approved cost, a change order's planned bills,
-- a contract's revenue schedule. A first value is no step; it is kept, since it holds all that was agreed before it.
with

valued_contracts as (

    select
        contract_id,
        known_at,
        currency,
        total_value,
        lag(total_value) over (partition by contract_id order by known_at) as value_before,
        lag(currency) over (partition by contract_id order by known_at) as currency_before

    from {{ known_versions('contract') }} as version
    where not is_deleted and total_value is not null and (held_to is null or held_to > known_at)

),

baselines as (

    select
        project_id,
        approved_on,
        currency,
        budget_cost,
        budget_id,
        lag(budget_cost) over (partition by project_id order by approved_on, version, budget_id) as cost_before,
        lag(currency) over (partition by project_id order by approved_on, version, budget_id) as currency_before

    from {{ current_rows('project_budget') }} as baseline
    where approved_on is not null

),

planned_bills as (

    select
        schedule.change_order_id,
        cast(min(version.known_at) as date) as moved_on,
        schedule.currency,
        max(schedule.amount) as amount

    from {{ current_rows('billing_schedule') }} as schedule
    inner join {{ known_versions('billing_schedule') }} as version
        on schedule.schedule_id = version.schedule_id
        and version.change_order_id = schedule.change_order_id
    where schedule.status <> 'cancelled'
    group by schedule.schedule_id, schedule.change_order_id, schedule.currency

),

-- A planned bill and its invoice are the same money: lines count only where no bill was planned.
billed_lines as (

    select line.change_order_id, cast(line.first_known_at as date) as moved_on, invoice.currency, line.amount
    from {{ current_rows('invoice_line') }} as line
    left join {{ current_rows('invoice') }} as invoice on line.invoice_id = invoice.invoice_id
    left join (
        select change_order_id from planned_bills group by change_order_id
    ) as planned on line.change_order_id = planned.change_order_id
    where line.change_order_id is not null and planned.change_order_id is null

),

revenue_versions as (

    select
        contract_id,
        cast(known_at as date) as moved_on,
        currency,
        case when is_deleted then 0 else amount end
            - coalesce(lag(case when is_deleted then 0 else amount end) over (
                partition by revenue_id order by known_at, coalesce(held_to, cast('9999-12-31' as timestamp))
            ), 0) as amount

    from {{ known_versions('revenue_schedule') }} as version

),

revenue_days as (

    select
        contract_id,
        moved_on,
        currency,
        sum(amount) as amount,
        row_number() over (partition by contract_id order by moved_on, currency) as place

    from revenue_versions
    group by contract_id, moved_on, currency

),

moved as (

    select 'contract' as target, contract_id as object_id, cast(known_at as date) as moved_on, currency,
        case when currency = currency_before then total_value - value_before end as amount,
        value_before is null as is_first
    from valued_contracts
    union all
    select 'budget' as target, project_id as object_id, approved_on as moved_on, currency,
        case when currency = currency_before then budget_cost - cost_before end as amount,
        cost_before is null as is_first
    from baselines
    union all
    select 'billing' as target, change_order_id as object_id, moved_on, currency, amount, false as is_first
    from planned_bills
    union all
    select 'billing' as target, change_order_id as object_id, moved_on, currency, amount, false as is_first
    from billed_lines
    union all
    select 'revenue' as target, contract_id as object_id, moved_on, currency, amount, place = 1 as is_first
    from revenue_days

)

select
    cast(target as {{ dbt.type_string() }}) as target,
    object_id,
    moved_on,
    currency,
    is_first,
    {{ money('sum(case when is_first then 0 else coalesce(amount, 0) end)') }} as moved_amount

from moved
group by target, object_id, moved_on, currency, is_first
order by target, object_id, moved_on, currency, is_first
