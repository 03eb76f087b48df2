-- Earned value per project. 1/3 the approved baseline and the project manager's last report; 2/3 cost from the ledger, or
-- as reported where no ledger was delivered; 3/3 the methods of estimating the end, side by side.
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

),

projects as (

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

),

values_of_work as (

    select
        projects.*,
        {{ product('budget_cost', 'percent_complete') }} as earned_value,
        {{ product('budget_cost', 'least(greatest(' ~ ratio('days_passed', 'days_planned') ~ ', 0), 1)') }} as planned_value

    from projects

),

indices as (

    select
        values_of_work.*,
        {{ ratio('earned_value', 'actual_cost') }} as cpi,
        {{ ratio('earned_value', 'planned_value') }} as spi

    from values_of_work

),

estimates as (

    select
        indices.*,
        actual_cost + (budget_cost - earned_value) as eac_plan,
        {{ product('budget_cost', 'actual_cost') }} / nullif(earned_value, 0) as eac_cpi,
        {{ product('budget_cost', 'actual_cost') }} / nullif({{ product('earned_value', 'spi') }}, 0) as eac_cpi_spi,
        actual_cost + etc_cost as eac_manager

    from indices

)

select
    estimates.project_id,
    golden.client_id,
    estimates.contract_id,
    estimates.legal_entity_id,
    estimates.practice,
    estimates.region,
    estimates.billing_method,
    estimates.manager_id,
    estimates.status,
    estimates.rag,
    estimates.start_date,
    estimates.planned_end_date,
    estimates.status_date,
    estimates.currency,
    {{ money('estimates.budget_cost') }} as budget_cost,
    {{ money('estimates.budget_revenue') }} as budget_revenue,
    cast(estimates.percent_complete as decimal(18, 4)) as percent_complete,
    {{ money('estimates.earned_value') }} as earned_value,
    {{ money('estimates.planned_value') }} as planned_value,
    {{ money('estimates.actual_cost') }} as actual_cost,
    cast(estimates.actual_cost_basis as {{ dbt.type_string() }}) as actual_cost_basis,
    estimates.cpi,
    estimates.spi,
    {{ money('estimates.eac_plan') }} as eac_plan,
    {{ money('estimates.eac_cpi') }} as eac_cpi,
    {{ money('estimates.eac_cpi_spi') }} as eac_cpi_spi,
    {{ money('estimates.eac_manager') }} as eac_manager,
    {{ ratio('estimates.budget_revenue - estimates.budget_cost', 'estimates.budget_revenue') }} as baseline_margin_ratio,
    {{ ratio(
        'estimates.budget_revenue - coalesce(estimates.eac_manager, estimates.eac_cpi, estimates.budget_cost)',
        'estimates.budget_revenue'
    ) }} as forecast_margin_ratio

from estimates
left join {{ ref('int_account_golden') }} as golden on estimates.account_id = golden.account_id
order by estimates.project_id
