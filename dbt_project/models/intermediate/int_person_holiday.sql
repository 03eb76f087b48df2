-- A public holiday on a weekend is no day off, and neither is one before hiring or after leaving.
select
    person.person_id,
    holiday.holiday_date,
    {{ week_start_of('holiday.holiday_date') }} as week_start

from {{ current_rows('holiday') }} as holiday
inner join {{ current_rows('person') }} as person on holiday.calendar_id = person.calendar_id
inner join {{ ref('int_employment') }} as employment
    on person.person_id = employment.person_id
    and holiday.holiday_date >= employment.hire_date
    and holiday.holiday_date <= coalesce(employment.termination_date, holiday.holiday_date)
where {{ weekday_of('holiday.holiday_date') }} < 5
group by person.person_id, holiday.holiday_date
order by person.person_id, holiday.holiday_date
