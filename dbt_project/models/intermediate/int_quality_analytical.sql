-- Behaviour over time: whether the source still delivers, and whether as much came as usual. What does not change brings
-- no rows, so an entity is late only when its source delivered nothing at all. The spans of 28 days end with the valuation
-- moment; an entity without a whole history of them is not examined for its volume.
with

moments as (

    {%- for entity, contract in input_contract().items() %}
    select
        cast('{{ entity }}' as {{ dbt.type_string() }}) as entity,
        source_system,
        {{ contract.freshness_hours }} as freshness_hours,
        {{ dbt.datediff('known_at', 'moment.valued_at', 'hour') }} as age_hours
    from {{ ref('core_' ~ entity) }} as versions
    cross join {{ ref('int_moment') }} as moment
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

silences as (

    select source_system, min(age_hours) as silent_hours
    from moments
    group by source_system

),

sources as (

    select entity, source_system, min(freshness_hours) as freshness_hours
    from moments
    group by entity, source_system

),

spans as (

    select entity, cast(floor(age_hours / (28 * 24)) as bigint) as span, count(*) as versions
    from moments
    group by entity, cast(floor(age_hours / (28 * 24)) as bigint)

),

-- The median of six is the mean of the third and the fourth.
ranked as (

    select
        entity,
        versions,
        row_number() over (partition by entity order by versions, span) as place,
        count(*) over (partition by entity) as known_spans

    from spans
    where span between 1 and 6

),

usual as (

    select entity, avg(versions) as median_versions
    from ranked
    where known_spans = 6 and place in (3, 4)
    group by entity

),

volumes as (

    select usual.entity, usual.median_versions, coalesce(recent.versions, 0) as versions
    from usual
    left join spans as recent on usual.entity = recent.entity and recent.span = 0

)

select
    cast('late_delivery' as {{ dbt.type_string() }}) as check_id,
    sources.entity,
    count(*) as examined_rows,
    cast(sum(case when silences.silent_hours > sources.freshness_hours then 1 else 0 end) as bigint) as failing_rows
from sources
inner join silences on sources.source_system = silences.source_system
group by sources.entity
union all
select
    'volume_shift',
    entity,
    cast(1 as bigint),
    cast(case when 2 * versions < median_versions or versions > 2 * median_versions then 1 else 0 end as bigint)
from volumes
order by check_id, entity
