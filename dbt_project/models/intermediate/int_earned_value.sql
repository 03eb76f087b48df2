-- 1/3 Earned and planned value, and the indices of cost and time. 2/3 The pace of the last weeks: what the project manager's
-- reports say was earned and spent since the report four weeks before. 3/3 The estimates at completion, each method once.
with

reports as (

    select
        status.project_id,
        status.status_date,
        status.percent_complete,
        status.actual_cost,
        max(status.status_date) over (partition by status.project_id) as last_date,
        status.status_id

    from {{ under_present_number(current_rows('project_status'), 'project', [
        'status_id', 'status_date', 'percent_complete', 'actual_cost'
    ]) }} as status
    cross join {{ ref('int_valuation') }} as valuation
    where status.status_date <= valuation.valued_on

),

ranked as (

    select
        reports.*,
        status_date = last_date as is_last,
        row_number() over (
            partition by project_id, status_date = last_date order by status_date desc, status_id desc
        ) as preference

    from reports
    where status_date = last_date or status_date <= {{ days_after('last_date', -28) }}

),

paces as (

    select
        last_report.project_id,
        last_report.percent_complete - earlier.percent_complete as recent_progress,
        last_report.actual_cost - earlier.actual_cost as recent_cost

    from ranked as last_report
    inner join ranked as earlier on last_report.project_id = earlier.project_id and not earlier.is_last
    where last_report.is_last and last_report.preference = 1 and earlier.preference = 1

),

values_of_work as (

    select
        position.*,
        paces.recent_cost,
        {{ product('position.budget_cost', 'paces.recent_progress') }} as recent_earned,
        {{ product('position.budget_cost', 'position.percent_complete') }} as earned_value,
        case
            when position.days_passed <= 0 then 0
            when position.days_passed >= position.days_planned then position.budget_cost
            else {{ product('position.budget_cost', ratio('position.days_passed', 'position.days_planned')) }}
        end as planned_value

    from {{ ref('int_project_position') }} as position
    left join paces on position.project_id = paces.project_id

),

indices as (

    select
        values_of_work.*,
        -- Without cost there is no performance to go on, so no estimate by it.
        case when actual_cost > 0 then actual_cost end as positive_cost,
        {{ ratio('earned_value', 'actual_cost') }} as cpi,
        {{ ratio('earned_value', 'planned_value') }} as spi,
        case when recent_earned > 0 and recent_cost > 0 then {{ ratio('recent_earned', 'recent_cost') }} end
            as recent_cpi

    from values_of_work

)

select
    project_id,
    currency,
    status,
    budget_cost,
    actual_cost,
    percent_complete,
    {{ money('earned_value') }} as earned_value,
    {{ money('planned_value') }} as planned_value,
    cpi,
    spi,
    cast(recent_cpi as decimal(18, 4)) as recent_cpi,
    {{ money('actual_cost + (budget_cost - earned_value)') }} as eac_plan,
    {{ money(product('budget_cost', 'positive_cost') ~ ' / nullif(earned_value, 0)') }} as eac_cpi,
    {{ money(product('budget_cost', 'positive_cost') ~ ' / nullif(' ~ product('earned_value', 'spi') ~ ', 0)') }}
        as eac_cpi_spi,
    {{ money('actual_cost + etc_cost') }} as eac_manager,
    {{ money('actual_cost + (budget_cost - earned_value) / nullif(recent_cpi, 0)') }} as eac_recent,
    {{ money('actual_cost + (budget_cost - earned_value) / nullif(' ~ product('1', 'cpi * spi') ~ ', 0)') }}
        as eac_remaining_cpi_spi

from indices
order by project_id
