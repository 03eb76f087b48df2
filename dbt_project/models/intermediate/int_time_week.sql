-- Hours by what they may count as: the rival definitions of utilization differ in nothing else but these and the capacity.
select
    person_id,
    {{ week_start_of('work_date') }} as week_start,
    {{ hours('sum(hours)') }} as worked_hours,
    {{ hours('sum(case when is_billable and is_approved then hours else 0 end)') }} as billable_hours,
    {{ hours('sum(case when is_billable and is_submitted then hours else 0 end)') }} as submitted_billable_hours,
    {{ hours('sum(case when is_billed then hours else 0 end)') }} as billed_hours,
    {{ hours('sum(case when is_approved and project_id is not null then hours else 0 end)') }} as productive_hours

from {{ ref('int_time_value') }}
group by person_id, {{ week_start_of('work_date') }}
order by person_id, 2
