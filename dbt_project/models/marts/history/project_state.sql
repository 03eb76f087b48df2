-- A project's state comes from three records: itself, its latest report and its latest approved baseline. Each day on
-- which one of them was known to change starts a piece; pieces that say the same are folded by the spans.
with

moments as (

    select project_id, known_at from {{ ref('core_project') }}
    union
    select project_id, known_at from {{ ref('core_project_status') }}
    union
    select project_id, known_at from {{ ref('core_project_budget') }}

),

days as (

    select project_id, max(known_at) as day_end_at
    from moments
    group by project_id, cast(known_at as date)

),

reports as (

    select
        days.project_id, days.day_end_at, report.percent_complete, report.rag,
        row_number() over (
            partition by days.project_id, days.day_end_at order by report.status_date desc, report.status_id desc
        ) as preference

    from days
    inner join {{ ref('core_project_status') }} as report
        on days.project_id = report.project_id and {{ holds_at('report', 'days.day_end_at') }}
    where not report.is_deleted

),

baselines as (

    select
        days.project_id, days.day_end_at, baseline.budget_cost, baseline.budget_revenue,
        baseline.currency as budget_currency,
        row_number() over (
            partition by days.project_id, days.day_end_at
            order by baseline.approved_on desc, baseline.version desc, baseline.budget_id desc
        ) as preference

    from days
    inner join {{ ref('core_project_budget') }} as baseline
        on days.project_id = baseline.project_id and {{ holds_at('baseline', 'days.day_end_at') }}
    where not baseline.is_deleted

),

pieces as (

    select
        project.project_id, project.account_id, project.contract_id, project.legal_entity_id, project.manager_id,
        project.status, project.start_date, project.planned_end_date, project.actual_end_date,
        reports.percent_complete, reports.rag,
        baselines.budget_currency as currency, baselines.budget_cost, baselines.budget_revenue,
        project.is_deleted,
        days.day_end_at as known_at,
        lead(days.day_end_at) over (partition by days.project_id order by days.day_end_at) as known_to

    from days
    inner join {{ ref('core_project') }} as project
        on days.project_id = project.project_id and {{ holds_at('project', 'days.day_end_at') }}
    left join reports
        on days.project_id = reports.project_id
        and days.day_end_at = reports.day_end_at
        and reports.preference = 1
    left join baselines
        on days.project_id = baselines.project_id
        and days.day_end_at = baselines.day_end_at
        and baselines.preference = 1

),

spans as (

    {{ day_spans('pieces', 'project_id', [
        'account_id', 'contract_id', 'legal_entity_id', 'manager_id', 'status', 'start_date', 'planned_end_date',
        'actual_end_date', 'percent_complete', 'rag', 'currency', 'budget_cost', 'budget_revenue',
    ]) }}

)

select
    project_id,
    from_day,
    to_day,
    account_id,
    contract_id,
    legal_entity_id,
    manager_id,
    status,
    start_date,
    planned_end_date,
    actual_end_date,
    percent_complete,
    rag,
    currency,
    budget_cost,
    budget_revenue

from spans
order by project_id, from_day
