-- Earned value per project, and the methods of estimating the end side by side.
with

values_of_work as (

    select
        position.*,
        {{ product('budget_cost', 'percent_complete') }} as earned_value,
        case
            when days_passed <= 0 then 0
            when days_passed >= days_planned then budget_cost
            else {{ product('budget_cost', ratio('days_passed', 'days_planned')) }}
        end as planned_value

    from {{ ref('int_project_position') }} as position

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
    estimates.budget_cost,
    estimates.budget_revenue,
    estimates.percent_complete,
    {{ money('estimates.earned_value') }} as earned_value,
    {{ money('estimates.planned_value') }} as planned_value,
    estimates.actual_cost,
    estimates.actual_cost_basis,
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
