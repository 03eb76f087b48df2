-- A booking counts on the workdays (Monday to Friday) of its span on which its person is employed and that are no public
-- holidays, a fifth of its weekly hours each. Leave takes nothing from it: that the two meet is to be seen.
with

spans as (

    select
        booking.assignment_id,
        booking.person_id,
        greatest(booking.start_date, employment.hire_date) as from_day,
        least(booking.end_date, coalesce(employment.termination_date, booking.end_date)) as to_day

    from {{ ref('int_booking') }} as booking
    inner join {{ ref('int_employment') }} as employment
        on booking.person_id = employment.person_id
        and booking.start_date <= coalesce(employment.termination_date, booking.start_date)
        and booking.end_date >= employment.hire_date

),

workdays as (

    select
        spans.assignment_id,
        week.week_start,
        sum(1 + {{ dbt.datediff(
            'greatest(spans.from_day, week.week_start)', 'least(spans.to_day, week.friday)', 'day'
        ) }}) as days

    from spans
    inner join {{ ref('int_week') }} as week
        on spans.from_day <= week.friday
        and spans.to_day >= week.week_start
    group by spans.assignment_id, week.week_start

),

holidays as (

    select
        spans.assignment_id,
        holiday.week_start,
        count(*) as days

    from spans
    inner join {{ ref('int_person_holiday') }} as holiday
        on spans.person_id = holiday.person_id
        and holiday.holiday_date >= spans.from_day
        and holiday.holiday_date <= spans.to_day
    group by spans.assignment_id, holiday.week_start

)

select
    booking.assignment_id,
    workdays.week_start,
    booking.person_id,
    booking.role,
    booking.booking_type,
    booking.project_id,
    booking.opportunity_id,
    booking.booked_for,
    {{ hours('booking.hours_per_week / 5 * (workdays.days - coalesce(holidays.days, 0))') }} as booked_hours

from workdays
inner join {{ ref('int_booking') }} as booking on workdays.assignment_id = booking.assignment_id
left join holidays
    on workdays.assignment_id = holidays.assignment_id
    and workdays.week_start = holidays.week_start
where workdays.days > coalesce(holidays.days, 0)
order by booking.assignment_id, workdays.week_start
