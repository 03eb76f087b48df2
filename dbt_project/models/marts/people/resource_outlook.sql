-- The week of the valuation day and the 13 after it, person by person. What a person can do is counted, not weighed: whether
-- somebody fits a request is what staffing_match says.
with

skills as (

    select
        held.person_id,
        count(*) as skills

    from {{ current_rows('person_skill') }} as held
    group by held.person_id

),

last_bookings as (

    select
        booking.person_id,
        max(booking.end_date) as hard_booked_until

    from {{ ref('int_booking') }} as booking
    cross join {{ ref('int_valuation') }} as valuation
    where booking.booking_type = 'hard' and booking.end_date >= valuation.valued_on
    group by booking.person_id

)

select
    week.person_id,
    week.week_start,
    week.role,
    week.region,
    week.practice,
    week.legal_entity_id,
    week.contractual_hours,
    week.holiday_hours,
    week.leave_hours,
    week.requested_leave_hours,
    week.available_hours,
    week.hard_booked_hours,
    week.soft_booked_hours,
    week.bench_hours,
    week.overbooked_hours,
    week.free_hours,
    week.booked_for,
    last_bookings.hard_booked_until,
    cast(coalesce(skills.skills, 0) as bigint) as skills

from {{ ref('int_free_week') }} as week
cross join {{ ref('int_valuation') }} as valuation
left join last_bookings on week.person_id = last_bookings.person_id
left join skills on week.person_id = skills.person_id
where week.week_start >= {{ week_start_of('valuation.valued_on') }}
    and week.week_start <= {{ days_after(week_start_of('valuation.valued_on'), 91) }}
order by week.person_id, week.week_start
