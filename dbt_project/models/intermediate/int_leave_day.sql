-- A day recorded twice is one day, approved if any record of it is. On a public holiday no one needs leave.
with

leave_weeks as (

    select
        absence.person_id,
        coalesce(absence.status, 'approved') as status,
        absence.start_date,
        absence.end_date,
        week.week_start

    from {{ current_rows('leave') }} as absence
    inner join {{ ref('int_week') }} as week
        on absence.start_date <= week.friday
        and absence.end_date >= week.week_start
    where coalesce(absence.status, 'approved') in ('approved', 'requested')

),

places as (

    select 0 as place
    union all
    select 1 as place
    union all
    select 2 as place
    union all
    select 3 as place
    union all
    select 4 as place

),

workdays as (

    select
        leave_weeks.person_id,
        leave_weeks.status,
        leave_weeks.start_date,
        leave_weeks.end_date,
        leave_weeks.week_start,
        {{ days_after('leave_weeks.week_start', 'places.place') }} as leave_date

    from leave_weeks
    cross join places

),

leave_days as (

    select
        person_id,
        week_start,
        leave_date,
        max(case when status = 'approved' then 1 else 0 end) as approved

    from workdays
    where leave_date >= start_date and leave_date <= end_date
    group by person_id, week_start, leave_date

)

select
    leave_days.person_id,
    leave_days.leave_date,
    leave_days.week_start,
    leave_days.approved = 1 as is_approved

from leave_days
inner join {{ ref('int_employment') }} as employment
    on leave_days.person_id = employment.person_id
    and leave_days.leave_date >= employment.hire_date
    and leave_days.leave_date <= coalesce(employment.termination_date, leave_days.leave_date)
left join {{ ref('int_person_holiday') }} as holiday
    on leave_days.person_id = holiday.person_id
    and leave_days.leave_date = holiday.holiday_date
where holiday.holiday_date is null
order by leave_days.person_id, leave_days.leave_date
