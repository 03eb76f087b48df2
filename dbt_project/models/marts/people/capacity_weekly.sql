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
left join {{ ref('int_booked_week') }} as booked
    on week.person_id = booked.person_id
    and week.week_start = booked.week_start
group by coalesce(week.role, 'unknown'), coalesce(week.region, 'unknown'), week.week_start
order by 1, 2, 3
