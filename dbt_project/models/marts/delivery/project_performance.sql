-- Earned value per project, and the methods of estimating the end side by side (one row a method: eac_by_method).
select
    position.project_id,
    project.project_name,
    project.client_id,
    project.client_name,
    position.contract_id,
    position.legal_entity_id,
    position.practice,
    position.region,
    project.project_type,
    position.billing_method,
    position.manager_id,
    position.status,
    position.rag,
    position.start_date,
    position.planned_end_date,
    position.status_date,
    position.currency,
    position.budget_cost,
    position.budget_revenue,
    position.percent_complete,
    earned.earned_value,
    earned.planned_value,
    position.actual_cost,
    position.actual_cost_basis,
    earned.cpi,
    earned.spi,
    earned.eac_plan,
    earned.eac_cpi,
    earned.eac_cpi_spi,
    earned.eac_manager,
    {{ ratio('position.budget_revenue - position.budget_cost', 'position.budget_revenue') }} as baseline_margin_ratio,
    {{ ratio(
        'position.budget_revenue - coalesce(earned.eac_manager, earned.eac_cpi, position.budget_cost)',
        'position.budget_revenue'
    ) }} as forecast_margin_ratio

from {{ ref('int_project_position') }} as position
left join {{ ref('int_earned_value') }} as earned on position.project_id = earned.project_id
left join {{ ref('project') }} as project on position.project_id = project.project_id
order by position.project_id
