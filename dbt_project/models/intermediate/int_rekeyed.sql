-- 1/3 Records that were keyed in again by what they say: one ends, and in the same days another of the same source begins
-- that says the same of itself, and no third does. 2/3 What people judged, in either order of the pair; the last word holds.
-- 3/3 A judgement overrules what the records say.
with

lives as (

    {{ lives_of('project', "lower(trim(name)) || '|' || account_id || '|' || coalesce(contract_id, '')
        || '|' || coalesce(opportunity_id, '')") }}
    union all
    {{ lives_of('contract', "lower(trim(name)) || '|' || account_id || '|' || currency
        || '|' || coalesce(opportunity_id, '')") }}

),

successions as (

    select
        ended.object_type,
        ended.record_id,
        begun.record_id as other_record_id,
        greatest(ended.ended_at, begun.began_at) as known_at,
        count(*) over (partition by ended.object_type, ended.record_id) as successors,
        count(*) over (partition by begun.object_type, begun.record_id) as predecessors

    from lives as ended
    inner join lives as begun
        on ended.object_type = begun.object_type
        and ended.source_system = begun.source_system
        and ended.identity = begun.identity
        and ended.record_id <> begun.record_id
        and begun.began_at > ended.began_at
        and {{ dbt.datediff('ended.ended_at', 'begun.began_at', 'day') }} between -7 and 7

),

judged as (

    select
        object_type,
        least(record_id, other_record_id) as left_id,
        greatest(record_id, other_record_id) as right_id,
        verdict,
        decided_by,
        cast(decided_on as timestamp) as known_at,
        row_number() over (
            partition by object_type, least(record_id, other_record_id), greatest(record_id, other_record_id)
            order by decided_on desc, verdict
        ) as recency

    from {{ ref('rekeyed_record') }}
    cross join {{ ref('int_valuation') }} as valuation
    where record_id <> other_record_id and decided_on <= valuation.valued_on

)

select
    coalesce(judged.object_type, matched.object_type) as object_type,
    coalesce(judged.left_id, matched.left_id) as left_id,
    coalesce(judged.right_id, matched.right_id) as right_id,
    coalesce(judged.verdict, 'same') as verdict,
    cast(case when judged.verdict is null then 'inferred' else 'decided' end as {{ dbt.type_string() }}) as basis,
    judged.decided_by,
    coalesce(judged.known_at, matched.known_at) as known_at

from (
    select
        object_type,
        least(record_id, other_record_id) as left_id,
        greatest(record_id, other_record_id) as right_id,
        known_at
    from successions
    where successors = 1 and predecessors = 1
) as matched
full outer join (select * from judged where recency = 1) as judged
    on matched.object_type = judged.object_type
    and matched.left_id = judged.left_id
    and matched.right_id = judged.right_id
order by object_type, left_id, right_id
