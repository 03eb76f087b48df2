-- Revenue recognised, under the project it belongs to: that of its contract line; without a line, the only project of the
-- contract.
with

only_projects as (

    select contract_id, min(project_id) as project_id
    from {{ current_rows('project') }} as project
    where contract_id is not null and status <> 'cancelled'
    group by contract_id
    having count(*) = 1

)

select
    schedule.revenue_id,
    schedule.contract_id,
    coalesce(line.project_id, only_projects.project_id) as project_id,
    cast(coalesce(line.billing_method, project.billing_method, 'unknown') as {{ dbt.type_string() }})
        as billing_method,
    schedule.period_end,
    schedule.currency,
    schedule.amount,
    {{ money(product('schedule.amount', 'fx.rate')) }} as reporting_amount

from {{ current_rows('revenue_schedule') }} as schedule
left join {{ under_present_number(current_rows('contract_line'), 'project', [
    'contract_line_id', 'billing_method'
]) }} as line
    on schedule.contract_line_id = line.contract_line_id
left join only_projects on schedule.contract_id = only_projects.contract_id
left join {{ current_rows('project') }} as project
    on coalesce(line.project_id, only_projects.project_id) = project.project_id
left join {{ ref('int_fx_reporting') }} as fx on {{ fx_holds('fx', 'schedule.currency', 'schedule.period_end') }}
where schedule.status = 'recognised'
order by schedule.revenue_id
