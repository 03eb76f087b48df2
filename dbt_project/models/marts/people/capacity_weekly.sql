-- A booking counts on the workdays (Monday to Friday) of its span, a fifth of its weekly hours each.
with

bookings as (

    select
        week.person_id,
        week.week_start,
        booking.booking_type,
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

booked as (

    select
        person_id,
        week_start,
        sum(case when booking_type = 'hard' then booked_hours else 0 end) as hard_hours,
        sum(case when booking_type = 'soft' then booked_hours else 0 end) as soft_hours

    from bookings
    group by person_id, week_start

)

select
    coalesce(week.role, 'unknown') as role,
    coalesce(week.region, 'unknown') as region,
    week.week_start,
    count(*) as people,
    {{ hours('sum(week.available_hours)') }} as supply_hours,
    {{ hours('sum(coalesce(booked.hard_hours, 0))') }} as hard_booked_hours,
    {{ hours('sum(coalesce(booked.soft_hours, 0))') }} as soft_booked_hours,
    {{ hours('sum(greatest(week.available_hours - coalesce(booked.hard_hours, 0), 0))') }} as bench_hours,
    {{ hours('sum(greatest(coalesce(booked.hard_hours, 0) - week.available_hours, 0))') }} as overbooked_hours

from {{ ref('int_person_week') }} as week
left join booked
    on week.person_id = booked.person_id
    and week.week_start = booked.week_start
group by coalesce(week.role, 'unknown'), coalesce(week.region, 'unknown'), week.week_start
order by 1, 2, 3
