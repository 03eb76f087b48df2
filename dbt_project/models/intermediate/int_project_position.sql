-- What is known of each project: the latest approved baseline, the project manager's last report, and the cost to date. The
-- ledger's cost counts where every hour in it could be costed; else the reported cost; else what the ledger has.
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

    from {{ under_present_number(current_rows('project_status'), 'project', [
        'status_id', 'status_date', 'percent_complete', 'actual_cost', 'etc_cost', 'rag'
    ]) }} as status
    cross join {{ ref('int_valuation') }} as valuation
    where status.status_date <= valuation.valued_on

),

costs as (

    select
        project_id,
        sum(project_amount) as ledger_cost,
        sum(case when project_amount is null then 1 else 0 end) as uncosted_rows

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
    cast(coalesce(reports.percent_complete, case when project.status = 'closed' then 1 end) as decimal(18, 4))
        as percent_complete,
    cast(case
        when costs.uncosted_rows = 0 then costs.ledger_cost
        else coalesce(reports.actual_cost, costs.ledger_cost)
    end as decimal(18, 2)) as actual_cost,
    cast(case
        when costs.uncosted_rows = 0 then 'ledger'
        when reports.actual_cost is not null then 'report'
        when costs.ledger_cost is not null then 'part of ledger'
    end as {{ dbt.type_string() }}) as actual_cost_basis,
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
