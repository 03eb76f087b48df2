-- 1/2 What was spent per project (under whichever number), day, kind and currency: rejected time and expenses cost nothing, and
-- what the client pays back is no cost. 2/2 The same in the project's and the reporting currency, at the rates of the day.
with

spent as (

    -- From the entries themselves: what an hour is billed at (int_time_value) is not asked for here.
    select
        worked.project_id,
        worked.work_date as cost_date,
        cast('labour' as {{ dbt.type_string() }}) as cost_kind,
        cost.currency,
        sum(worked.hours) as hours,
        sum({{ cost_of_time('worked', 'cost') }}) as amount

    from {{ under_present_number(current_rows('time_entry'), 'project', [
        'person_id', 'work_date', 'hours', 'status'
    ]) }} as worked
    {{ cost_join('worked') }}
    where worked.project_id is not null and worked.status <> 'rejected'
    group by worked.project_id, worked.work_date, cost.currency

    union all

    select
        project_id,
        expense_date as cost_date,
        cast('expense' as {{ dbt.type_string() }}) as cost_kind,
        currency,
        cast(0 as decimal(18, 2)) as hours,
        sum(amount) as amount

    from {{ under_present_number(current_rows('expense'), 'project', [
        'expense_date', 'currency', 'amount', 'status', 'billable'
    ]) }} as expense
    where project_id is not null and status <> 'rejected' and not coalesce(billable, false)
    group by project_id, expense_date, currency

    union all

    select
        project_id,
        cost_date,
        cast('subcontractor' as {{ dbt.type_string() }}) as cost_kind,
        currency,
        sum(coalesce(hours, 0)) as hours,
        sum(amount) as amount

    from {{ under_present_number(current_rows('subcontractor_cost'), 'project', ['cost_date', 'currency', 'hours', 'amount']) }} as cost
    group by project_id, cost_date, currency

),

projects as (

    select
        project_id,
        currency

    from {{ ref('int_project_budget') }}

)

select
    spent.project_id,
    spent.cost_date,
    spent.cost_kind,
    spent.currency,
    {{ hours('spent.hours') }} as hours,
    {{ money('spent.amount') }} as amount,
    coalesce(projects.currency, spent.currency) as project_currency,
    case
        when spent.currency = coalesce(projects.currency, spent.currency) then {{ money('spent.amount') }}
        else {{ money(product('spent.amount', 'fx.rate / nullif(project_fx.rate, 0)')) }}
    end as project_amount,
    {{ money(product('spent.amount', 'fx.rate')) }} as reporting_amount

from spent
left join projects on spent.project_id = projects.project_id
left join {{ ref('int_fx_reporting') }} as fx
    on {{ fx_holds('fx', 'spent.currency', 'spent.cost_date') }}
left join {{ ref('int_fx_reporting') }} as project_fx
    on {{ fx_holds('project_fx', 'projects.currency', 'spent.cost_date') }}
order by spent.project_id, spent.cost_date, spent.cost_kind, spent.currency
