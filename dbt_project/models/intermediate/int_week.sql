-- From the week of the first time entry to a year ahead, the farthest that plans of people look. Weeks are whole.
with

span as (

    select
        coalesce(
            min(case when entry.work_date <= valuation.valued_on then entry.work_date end),
            {{ days_after('max(valuation.valued_on)', -364) }}
        ) as first_day,
        {{ days_after('max(valuation.valued_on)', 364) }} as last_day

    from {{ ref('int_valuation') }} as valuation
    left join {{ current_rows('time_entry') }} as entry on true

)

select
    calendar_day as week_start,
    {{ days_after('calendar_day', 4) }} as friday

from (
    {{ days_between('(select ' ~ week_start_of('first_day') ~ ' from span)', '(select last_day from span)') }}
) as generated_days
where {{ weekday_of('calendar_day') }} = 0
order by calendar_day
