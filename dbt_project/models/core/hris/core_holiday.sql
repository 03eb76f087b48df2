with

versions as (

    {{ versions(
        ref('stg_hris__holiday'),
        key=['source_system', 'calendar_id', 'holiday_date'],
        content=['name', 'is_deleted']
    ) }}

)

select
    calendar_id,
    holiday_date,
    name,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(holiday_date as timestamp) as event_at,
    holiday_date as valid_from,
    cast(null as date) as valid_to

from versions
order by calendar_id, holiday_date, source_system, known_at, batch_id, source_line
