with

by_work as (

    select
        person_id,
        week_start,
        booked_for,
        sum(case when booking_type = 'hard' then booked_hours else 0 end) as hard_hours,
        sum(case when booking_type = 'soft' then booked_hours else 0 end) as soft_hours

    from {{ ref('int_booking_week') }}
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
