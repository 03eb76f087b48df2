-- From the first day any tracked object was known to the valuation day.
with

first_days as (

    select min(from_day) as day from {{ ref('opportunity_state') }}
    union all
    select min(from_day) as day from {{ ref('project_state') }}
    union all
    select min(from_day) as day from {{ ref('contract_state') }}
    union all
    select min(from_day) as day from {{ ref('booking_state') }}

),

bounds as (

    select min(first_days.day) as first_day, max(valuation.valued_on) as last_day
    from first_days
    cross join {{ ref('int_valuation') }} as valuation

)

select
    calendar_day,
    {{ week_start_of('calendar_day') }} as week_start,
    {{ month_start_of('calendar_day') }} as month_start,
    cast({{ weekday_of('calendar_day') }} as bigint) as weekday

from ({{ days_between('(select first_day from bounds)', '(select last_day from bounds)') }}) as days
order by calendar_day
