-- Monday to Friday are workdays of a fifth of the weekly hours each; 40 where a person's are unknown.
with

horizon as (

    select
        coalesce(min(entry.work_date), {{ days_after('max(valuation.valued_on)', -364) }}) as first_day,
        {{ days_after('max(valuation.valued_on)', 182) }} as last_day

    from {{ ref('int_valuation') }} as valuation
    left join {{ current_rows('time_entry') }} as entry on entry.work_date <= valuation.valued_on

),

days as (

    select calendar_day
    from (
        {{ days_between('(select first_day from horizon)', '(select last_day from horizon)') }}
    ) as generated_days
    where {{ weekday_of('calendar_day') }} < 5

),

people as (

    select
        person_id,
        role,
        region,
        practice,
        legal_entity_id,
        calendar_id,
        coalesce(weekly_hours, 40) / 5 as daily_hours

    from {{ current_rows('person') }} as person

),

holidays as (

    select calendar_id, holiday_date
    from {{ current_rows('holiday') }} as holiday
    group by calendar_id, holiday_date

),

absences as (

    select absence.person_id, days.calendar_day
    from {{ current_rows('leave') }} as absence
    inner join days on days.calendar_day >= absence.start_date and days.calendar_day <= absence.end_date
    where coalesce(absence.status, 'approved') = 'approved'
    group by absence.person_id, days.calendar_day

),

person_days as (

    select
        people.person_id,
        {{ week_start_of('days.calendar_day') }} as week_start,
        people.daily_hours,
        case when holidays.holiday_date is not null then people.daily_hours else 0 end as holiday_hours,
        case
            when holidays.holiday_date is null and absences.calendar_day is not null then people.daily_hours
            else 0
        end as leave_hours

    from people
    inner join {{ ref('int_employment') }} as employment on people.person_id = employment.person_id
    inner join days
        on days.calendar_day >= employment.hire_date
        and (employment.termination_date is null or days.calendar_day <= employment.termination_date)
    left join holidays
        on people.calendar_id = holidays.calendar_id
        and days.calendar_day = holidays.holiday_date
    left join absences
        on people.person_id = absences.person_id
        and days.calendar_day = absences.calendar_day

),

weeks as (

    select
        person_id,
        week_start,
        sum(daily_hours) as contractual_hours,
        sum(holiday_hours) as holiday_hours,
        sum(leave_hours) as leave_hours

    from person_days
    group by person_id, week_start

)

select
    weeks.person_id,
    weeks.week_start,
    people.role,
    people.region,
    people.practice,
    people.legal_entity_id,
    {{ hours('weeks.contractual_hours') }} as contractual_hours,
    {{ hours('weeks.holiday_hours') }} as holiday_hours,
    {{ hours('weeks.leave_hours') }} as leave_hours,
    {{ hours('weeks.contractual_hours - weeks.holiday_hours - weeks.leave_hours') }} as available_hours

from weeks
inner join people on weeks.person_id = people.person_id
order by weeks.person_id, weeks.week_start
