with

first_known as (

    select
        capped.*,
        row_number() over (partition by time_entry_id order by known_at) as place
    from {{ ref('leakage_priced_time') }} as capped
    where purpose = 'capped'

)

select
    time_entry_id,
    cap_key,
    work_date,
    known_at as first_known_at,
    sum(value) over (
        partition by cap_key order by known_at, time_entry_id rows unbounded preceding
    ) as value_through

from first_known
where place = 1
