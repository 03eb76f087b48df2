-- Person by person and by role and region the same people and hours; one row per role, region and week where they differ.
select
    role,
    region,
    week_start,
    sum(people) as people,
    sum(available_hours) as available_hours,
    sum(hard_booked_hours) as hard_booked_hours,
    sum(bench_hours) as bench_hours,
    sum(overbooked_hours) as overbooked_hours

from (
    select coalesce(role, 'unknown') as role, coalesce(region, 'unknown') as region, week_start,
        1 as people, available_hours, hard_booked_hours, bench_hours, overbooked_hours
    from {{ ref('resource_outlook') }}

    union all

    select capacity.role, capacity.region, capacity.week_start,
        -capacity.people, -capacity.supply_hours, -capacity.hard_booked_hours, -capacity.bench_hours,
        -capacity.overbooked_hours
    from {{ ref('capacity_weekly') }} as capacity
    cross join {{ ref('int_valuation') }} as valuation
    where capacity.week_start >= {{ week_start_of('valuation.valued_on') }}
        and capacity.week_start <= {{ days_after(week_start_of('valuation.valued_on'), 91) }}
) as both_sides
group by role, region, week_start
having sum(people) <> 0 or sum(available_hours) <> 0 or sum(hard_booked_hours) <> 0 or sum(bench_hours) <> 0
    or sum(overbooked_hours) <> 0
