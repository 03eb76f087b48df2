-- What is known of each project: the latest approved baseline, the project manager's last report, and the cost to date from
-- the ledger, or as reported where no ledger was delivered.
with

baselines as (

    select
        project_id,
        budget_cost,
        budget_revenue,
        currency,
        planned_end_date,
        row_number() over (
            partition by project_id order by approved_on desc nulls last, version desc nulls last, budget_id desc
        ) as preference

    from {{ current_rows('project_budget') }} as budget

),

reports as (

    select
        status.project_id,
        status.status_date,
        status.percent_complete,
        status.actual_cost,
        status.etc_cost,
        status.rag,
        row_number() over (
            partition by status.project_id order by status.status_date desc, status.status_id desc
        ) as preference

    from {{ current_rows('project_status') }} as status
    cross join {{ ref('int_valuation') }} as valuation
    where status.status_date <= valuation.valued_on

),

costs as (

    select
        project_id,
        sum(project_amount) as ledger_cost

    from {{ ref('int_project_cost') }}
    group by project_id

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
    coalesce(baselines.planned_end_date, project.planned_end_date) as planned_end_date,
    reports.status_date,
    reports.rag,
    coalesce(project.currency, baselines.currency) as currency,
    baselines.budget_cost,
    baselines.budget_revenue,
    coalesce(reports.percent_complete, case when project.status = 'closed' then 1 end) as percent_complete,
    coalesce(costs.ledger_cost, reports.actual_cost) as actual_cost,
    case
        when costs.ledger_cost is not null then 'ledger'
        when reports.actual_cost is not null then 'report'
    end as actual_cost_basis,
    reports.etc_cost,
    valuation.valued_on,
    {{ dbt.datediff('project.start_date', 'valuation.valued_on', 'day') }} as days_passed,
    {{ dbt.datediff(
        'project.start_date', 'coalesce(baselines.planned_end_date, project.planned_end_date)', 'day'
    ) }} as days_planned

from {{ current_rows('project') }} as project
cross join {{ ref('int_valuation') }} as valuation
left join baselines on project.project_id = baselines.project_id and baselines.preference = 1
left join reports on project.project_id = reports.project_id and reports.preference = 1
left join costs on project.project_id = costs.project_id
order by project.project_id
