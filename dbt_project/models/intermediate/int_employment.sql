-- A person who left and came back has one record with one span: the earlier one is in its history. A day of hiring that was
-- only corrected is no employment of its own: it did not end before the next one began. Who is said to have left without a
-- last day was gone by the day on which that was first known.
with

stated as (

    select
        version.person_id,
        version.hire_date,
        coalesce(
            version.termination_date,
            case
                when version.status = 'left' then min(
                    case when version.status = 'left' then cast(version.known_at as date) end
                ) over (partition by version.person_id, version.hire_date)
            end
        ) as termination_date,
        row_number() over (
            partition by version.person_id, version.hire_date
            order by version.known_at desc, version.source_system, version.source_line desc
        ) as recency

    from {{ known_versions('person') }} as version
    where not version.is_deleted and version.hire_date is not null
        and (version.held_to is null or version.held_to > version.known_at)

),

spans as (

    select
        stated.person_id,
        stated.hire_date,
        stated.termination_date,
        person.hire_date as last_hire_date,
        lead(stated.hire_date) over (partition by stated.person_id order by stated.hire_date) as next_hire_date

    from stated
    inner join {{ current_rows('person') }} as person on stated.person_id = person.person_id
    where stated.recency = 1 and stated.hire_date <= person.hire_date

)

select
    person_id,
    hire_date,
    termination_date

from spans
where (hire_date = last_hire_date or termination_date < next_hire_date)
    and (termination_date is null or termination_date >= hire_date)
order by person_id, hire_date
