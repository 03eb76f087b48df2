-- Confirmed bookings take their hours, tentative ones the firm's share of theirs (limit soft_share); one person's excess covers
-- no one else's hours.
with

soft_share as (

    select max(value) as share
    from {{ ref('gov_policy_limit') }}
    where score = 'staffing_match' and limit_name = 'soft_share'

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
    coalesce(booked.hard_hours, {{ hours('0') }}) as hard_booked_hours,
    coalesce(booked.soft_hours, {{ hours('0') }}) as soft_booked_hours,
    {{ hours('greatest(week.available_hours - coalesce(booked.hard_hours, 0), 0)') }} as bench_hours,
    {{ hours('greatest(coalesce(booked.hard_hours, 0) - week.available_hours, 0)') }} as overbooked_hours,
    {{ hours(
        'greatest(week.available_hours - coalesce(booked.hard_hours, 0)'
        ~ ' - coalesce(booked.soft_hours, 0) * soft_share.share, 0)'
    ) }} as free_hours,
    booked.booked_for

from {{ ref('int_person_week') }} as week
cross join soft_share
left join {{ ref('int_booked_week') }} as booked
    on week.person_id = booked.person_id
    and week.week_start = booked.week_start
order by week.person_id, week.week_start
