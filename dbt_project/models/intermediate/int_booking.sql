-- A tentative booking ends early when it is confirmed or given up: from the day on which that is known it takes nothing.
with

bookings as (

    select
        booking.assignment_id,
        booking.person_id,
        booking.project_id,
        booking.opportunity_id,
        coalesce(booking.project_id, booking.opportunity_id) as booked_for,
        coalesce(booking.role, person.role) as role,
        booking.booking_type,
        booking.start_date,
        case
            when booking.status = 'ended' then least(booking.end_date, cast(booking.known_at as date))
            else booking.end_date
        end as end_date,
        booking.hours_per_week

    from {{ current_rows('assignment') }} as booking
    left join {{ current_rows('person') }} as person on booking.person_id = person.person_id
    where coalesce(booking.status, 'active') <> 'cancelled'

)

select
    assignment_id,
    person_id,
    project_id,
    opportunity_id,
    booked_for,
    role,
    booking_type,
    start_date,
    end_date,
    hours_per_week

from bookings
where end_date >= start_date
order by assignment_id
