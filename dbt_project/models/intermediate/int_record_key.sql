-- Records that are one, followed to the end however often a source keyed one in again. The number first known is the stable
-- one; the number that holds now is that of the record known last among those that live, else of all.
with

records as (

    select
        object_type,
        record_id,
        first_known_at,
        is_living,
        row_number() over (partition by object_type, record_id order by source_system) as preference

    from (
        {%- for object_type in ['project', 'contract'] %}
        select
            cast('{{ object_type }}' as {{ dbt.type_string() }}) as object_type,
            {{ object_type }}_id as record_id,
            source_system,
            first_known_at,
            not is_deleted and status <> 'cancelled' as is_living
        from {{ known_versions(object_type) }} as version
        where held_to is null
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as latest

),

neighbours as (

    select object_type, left_id as record_id, right_id as other_id
    from {{ ref('int_rekeyed') }}
    where verdict = 'same'

    union all

    select object_type, right_id as record_id, left_id as other_id
    from {{ ref('int_rekeyed') }}
    where verdict = 'same'

),

linked as (

    select object_type, record_id, record_id as member_id
    from records
    where preference = 1

    union

    select object_type, record_id, other_id as member_id
    from neighbours

),

{{ links_of_links('linked', 'record_id', within=['object_type']) }}

reached as (

    select linked.object_type, linked.record_id, linked.member_id
    from {{ last_links('linked') }} as linked
    inner join records
        on linked.object_type = records.object_type
        and linked.record_id = records.record_id
        and records.preference = 1

),

members as (

    select
        reached.object_type,
        reached.record_id,
        reached.member_id,
        count(*) over (partition by reached.object_type, reached.record_id) as records,
        row_number() over (
            partition by reached.object_type, reached.record_id order by member.first_known_at, reached.member_id
        ) as age_rank,
        row_number() over (
            partition by reached.object_type, reached.record_id
            order by case when member.is_living then 0 else 1 end, member.first_known_at desc, reached.member_id desc
        ) as present_rank

    from reached
    inner join records as member
        on reached.object_type = member.object_type
        and reached.member_id = member.record_id
        and member.preference = 1

)

select
    object_type,
    record_id,
    min(case when age_rank = 1 then member_id end) as stable_id,
    min(case when present_rank = 1 then member_id end) as current_id,
    min(records) as records

from members
group by object_type, record_id
order by object_type, record_id
