-- What is known of each project: its approved budget, what the project manager last reported of each figure, and the cost to
-- date. Hours of people without a cost rate are costed like the project's other hours; where none can be, the reported cost
-- counts.
with

{%- set figures = ['percent_complete', 'actual_cost', 'etc_cost', 'rag'] %}

reports as (

    select
        status.*,
        row_number() over (partition by project_id order by status_date desc, status_id desc) as recency,
        {%- for figure in figures %}
        row_number() over (
            partition by project_id, case when {{ figure }} is null then 1 else 0 end
            order by status_date desc, status_id desc
        ) as recency_of_{{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}

    from {{ under_present_number(current_rows('project_status'), 'project', [
        'status_id', 'status_date', 'percent_complete', 'actual_cost', 'etc_cost', 'rag'
    ]) }} as status
    cross join {{ ref('int_valuation') }} as valuation
    where status.status_date <= valuation.valued_on

),

reported as (

    select
        project_id,
        max(status_date) as status_date,
        max(case when recency = 1 then status_id end) as status_id,
        {%- for figure in figures %}
        max(case when recency_of_{{ figure }} = 1 then {{ figure }} end) as {{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}

    from reports
    group by project_id

),

costs as (

    select
        cost.project_id,
        sum(case when cost.cost_kind = 'labour' then cost.hours else 0 end) as labour_hours,
        sum(case when cost.cost_kind = 'labour' and cost.project_amount is not null then cost.hours else 0 end)
            as costed_hours,
        sum(case when cost.cost_kind = 'labour' then coalesce(cost.project_amount, 0) else 0 end) as labour_cost,
        sum(case when cost.cost_kind <> 'labour' then coalesce(cost.project_amount, 0) else 0 end) as other_cost,
        sum(case when cost.project_amount is null then 1 else 0 end) as unknown_rows

    from {{ ref('int_project_cost') }} as cost
    cross join {{ ref('int_valuation') }} as valuation
    where cost.cost_date <= valuation.valued_on
    group by cost.project_id

),

-- Hours none of which has a cost rate are unknown cost, not no cost.
ledgers as (

    select
        project_id,
        labour_hours,
        costed_hours,
        unknown_rows,
        case
            when labour_hours = costed_hours then {{ money('labour_cost + other_cost') }}
            when costed_hours > 0
                then {{ money(product('labour_cost', 'labour_hours / costed_hours') ~ ' + other_cost') }}
        end as cost

    from costs

)

select
    project.project_id,
    project.account_id,
    project.contract_id,
    project.legal_entity_id,
    project.practice,
    project.region,
    project.billing_method,
    project.manager_id,
    project.status,
    project.start_date,
    coalesce(budget.planned_end_date, project.planned_end_date) as planned_end_date,
    reported.status_date,
    reported.status_id,
    reported.rag,
    budget.currency,
    budget.budget_id,
    budget.budget_cost,
    budget.budget_revenue,
    budget.budget_hours,
    cast(coalesce(reported.percent_complete, case when project.status = 'closed' then 1 end) as decimal(18, 4))
        as percent_complete,
    ledgers.labour_hours,
    cast(coalesce(ledgers.cost, reported.actual_cost) as decimal(18, 2)) as actual_cost,
    cast(case
        when ledgers.cost is not null and ledgers.unknown_rows = 0 then 'ledger'
        when ledgers.cost is not null then 'estimated'
        when reported.actual_cost is not null then 'report'
    end as {{ dbt.type_string() }}) as actual_cost_basis,
    reported.etc_cost,
    valuation.valued_on,
    {{ dbt.datediff('project.start_date', 'valuation.valued_on', 'day') }} as days_passed,
    {{ dbt.datediff(
        'project.start_date', 'coalesce(budget.planned_end_date, project.planned_end_date)', 'day'
    ) }} as days_planned

from {{ current_rows('project') }} as project
cross join {{ ref('int_valuation') }} as valuation
left join {{ ref('int_project_budget') }} as budget on project.project_id = budget.project_id
left join reported on project.project_id = reported.project_id
left join ledgers on project.project_id = ledgers.project_id
order by project.project_id
