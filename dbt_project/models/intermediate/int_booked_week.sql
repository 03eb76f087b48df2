-- A booking counts on the workdays (Monday to Friday) of its span, a fifth of its weekly hours each.
with

bookings as (

    select
        week.person_id,
        week.week_start,
        booking.booking_type,
        coalesce(booking.project_id, booking.opportunity_id) as booked_for,
        booking.hours_per_week / 5 * greatest(0, 1 + {{ dbt.datediff(
            'greatest(booking.start_date, week.week_start)',
            'least(booking.end_date, ' ~ days_after('week.week_start', 4) ~ ')',
            'day'
        ) }}) as booked_hours

    from {{ ref('int_person_week') }} as week
    inner join {{ current_rows('assignment') }} as booking
        on week.person_id = booking.person_id
        and booking.start_date <= {{ days_after('week.week_start', 4) }}
        and booking.end_date >= week.week_start
    where coalesce(booking.status, 'active') <> 'cancelled'

),

by_work as (

    select
        person_id,
        week_start,
        booked_for,
        sum(case when booking_type = 'hard' then booked_hours else 0 end) as hard_hours,
        sum(case when booking_type = 'soft' then booked_hours else 0 end) as soft_hours

    from bookings
    where booked_hours > 0
    group by person_id, week_start, booked_for

)

select
    person_id,
    week_start,
    {{ hours('sum(hard_hours)') }} as hard_hours,
    {{ hours('sum(soft_hours)') }} as soft_hours,
    {{ between_bars('booked_for') }} as booked_for

from by_work
group by person_id, week_start
order by person_id, week_start
