-- 1/3 The approved versions of each project's budget, first and latest. 2/3 Change orders approved after the latest version: an
-- approved change that never reached the budget is approved all the same. 3/3 Both together, in the project's currency.
with

versions as (

    select
        budget.*,
        coalesce(budget.approved_on, cast(budget.known_at as date)) as approved_day

    from {{ current_rows('project_budget') }} as budget

),

approved as (

    select
        versions.project_id,
        versions.budget_id,
        versions.currency,
        versions.budget_cost,
        versions.budget_revenue,
        versions.budget_hours,
        versions.planned_end_date,
        versions.approved_day,
        row_number() over (
            partition by project_id
            order by approved_day desc nulls last, version desc nulls last, budget_id desc
        ) as recency,
        row_number() over (
            partition by project_id, case when planned_end_date is null then 1 else 0 end
            order by approved_day desc nulls last, version desc nulls last, budget_id desc
        ) as recency_of_end

    from versions
    cross join {{ ref('int_valuation') }} as valuation
    where versions.approved_day is null or versions.approved_day <= valuation.valued_on

),

budgets as (

    select
        latest.*,
        ends.planned_end_date as budget_end_date

    from approved as latest
    left join approved as ends
        on latest.project_id = ends.project_id
        and ends.planned_end_date is not null
        and ends.recency_of_end = 1
    where latest.recency = 1

),

later as (

    select
        change.project_id,
        {{ functional_amount(
            'change.value_change', 'coalesce(change.currency, budgets.currency)', 'budgets.currency', 'fx', 'own'
        ) }} as value_change,
        {{ functional_amount(
            'change.cost_change', 'coalesce(change.currency, budgets.currency)', 'budgets.currency', 'fx', 'own'
        ) }} as cost_change,
        change.hours_change,
        change.new_end_date,
        row_number() over (
            partition by change.project_id, case when change.new_end_date is null then 1 else 0 end
            order by change.agreed_on desc, change.change_id desc
        ) as recency_of_end

    from {{ under_present_number(ref('int_change_agreed'), 'project', [
        'change_id', 'change_type', 'agreed_on', 'currency', 'value_change', 'cost_change', 'hours_change', 'new_end_date'
    ]) }} as change
    cross join {{ ref('int_valuation') }} as valuation
    inner join budgets on change.project_id = budgets.project_id
    left join {{ ref('int_fx_reporting') }} as fx on {{ fx_holds('fx', 'change.currency', 'change.agreed_on') }}
    left join {{ ref('int_fx_reporting') }} as own on {{ fx_holds('own', 'budgets.currency', 'change.agreed_on') }}
    where change.change_type = 'change_order'
        and change.agreed_on > budgets.approved_day
        and change.agreed_on <= valuation.valued_on

),

changes as (

    select
        project_id,
        count(*) as changes,
        sum(cost_change) as cost_change,
        sum(value_change) as value_change,
        sum(hours_change) as hours_change,
        max(case when recency_of_end = 1 then new_end_date end) as new_end_date

    from later
    group by project_id

),

report_currencies as (

    select project_id, max(currency) as currency
    from {{ under_present_number(current_rows('project_status'), 'project', ['currency']) }} as status
    group by project_id

)

select
    project.project_id,
    coalesce(budgets.currency, project.currency, report_currencies.currency, valuation.reporting_currency) as currency,
    budgets.budget_id,
    budgets.approved_day as approved_on,
    cast(budgets.budget_cost + coalesce(changes.cost_change, 0) as decimal(18, 2)) as budget_cost,
    cast(budgets.budget_revenue + coalesce(changes.value_change, 0) as decimal(18, 2)) as budget_revenue,
    {{ hours('budgets.budget_hours + coalesce(changes.hours_change, 0)') }} as budget_hours,
    coalesce(changes.new_end_date, budgets.budget_end_date) as planned_end_date,
    cast(coalesce(changes.changes, 0) as bigint) as later_changes

from {{ current_rows('project') }} as project
cross join {{ ref('int_valuation') }} as valuation
left join budgets on project.project_id = budgets.project_id
left join changes on project.project_id = changes.project_id
left join report_currencies on project.project_id = report_currencies.project_id
order by project.project_id
