select
    coalesce(role, 'unknown') as role,
    coalesce(region, 'unknown') as region,
    week_start,
    count(*) as people,
    {{ hours('sum(available_hours)') }} as supply_hours,
    {{ hours('sum(hard_booked_hours)') }} as hard_booked_hours,
    {{ hours('sum(soft_booked_hours)') }} as soft_booked_hours,
    {{ hours('sum(bench_hours)') }} as bench_hours,
    {{ hours('sum(overbooked_hours)') }} as overbooked_hours,
    {{ hours('sum(free_hours)') }} as free_hours

from {{ ref('int_free_week') }}
group by coalesce(role, 'unknown'), coalesce(region, 'unknown'), week_start
order by 1, 2, 3
