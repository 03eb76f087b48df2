-- Monday to Friday are workdays of a fifth of the weekly hours each; 40 where a person's are unknown.
with

employed as (

    select
        employment.person_id,
        week.week_start,
        sum(
            1 + {{ dbt.datediff(
                'greatest(employment.hire_date, week.week_start)',
                'least(coalesce(employment.termination_date, week.friday), week.friday)',
                'day'
            ) }}
        ) as workdays

    from {{ ref('int_employment') }} as employment
    inner join {{ ref('int_week') }} as week
        on employment.hire_date <= week.friday
        and coalesce(employment.termination_date, week.week_start) >= week.week_start
    group by employment.person_id, week.week_start

),

holidays as (

    select person_id, week_start, count(*) as days
    from {{ ref('int_person_holiday') }}
    group by person_id, week_start

),

leaves as (

    select
        person_id,
        week_start,
        sum(case when is_approved then 1 else 0 end) as approved_days,
        sum(case when is_approved then 0 else 1 end) as requested_days

    from {{ ref('int_leave_day') }}
    group by person_id, week_start

),

days as (

    select
        employed.person_id,
        employed.week_start,
        coalesce(holidays.days, 0) as holidays,
        coalesce(leaves.approved_days, 0) as leave_days,
        coalesce(leaves.requested_days, 0) as requested_days,
        employed.workdays - coalesce(holidays.days, 0) - coalesce(leaves.approved_days, 0) as days_left

    from employed
    left join holidays
        on employed.person_id = holidays.person_id
        and employed.week_start = holidays.week_start
    left join leaves
        on employed.person_id = leaves.person_id
        and employed.week_start = leaves.week_start

),

weeks as (

    select
        person.person_id,
        days.week_start,
        person.role,
        person.region,
        person.practice,
        person.legal_entity_id,
        {{ hours('days.holidays * coalesce(person.weekly_hours, 40) / 5') }} as holiday_hours,
        {{ hours('days.leave_days * coalesce(person.weekly_hours, 40) / 5') }} as leave_hours,
        {{ hours('days.requested_days * coalesce(person.weekly_hours, 40) / 5') }} as requested_leave_hours,
        {{ hours('days.days_left * coalesce(person.weekly_hours, 40) / 5') }} as available_hours

    from days
    inner join {{ current_rows('person') }} as person on days.person_id = person.person_id

)

select
    person_id,
    week_start,
    role,
    region,
    practice,
    legal_entity_id,
    {{ hours('holiday_hours + leave_hours + available_hours') }} as contractual_hours,
    holiday_hours,
    leave_hours,
    requested_leave_hours,
    available_hours

from weeks
order by person_id, week_start
