-- Hours without a person's week (worked before hiring, or by an unknown person) keep their row, with no available hours.
with

supplied as (

    select week.*
    from {{ ref('int_person_week') }} as week
    cross join {{ ref('int_valuation') }} as valuation
    where week.week_start <= valuation.valued_on

)

select
    coalesce(supplied.person_id, worked.person_id) as person_id,
    coalesce(supplied.week_start, worked.week_start) as week_start,
    supplied.role,
    supplied.region,
    supplied.practice,
    supplied.legal_entity_id,
    {{ hours('coalesce(supplied.contractual_hours, 0)') }} as contractual_hours,
    {{ hours('coalesce(supplied.available_hours, 0)') }} as available_hours,
    {{ hours('coalesce(worked.worked_hours, 0)') }} as worked_hours,
    {{ hours('coalesce(worked.billable_hours, 0)') }} as billable_hours,
    {{ ratio('coalesce(worked.billable_hours, 0)', 'supplied.available_hours') }} as billable_utilization

from supplied
full outer join {{ ref('int_time_week') }} as worked
    on supplied.person_id = worked.person_id
    and supplied.week_start = worked.week_start
order by 1, 2
