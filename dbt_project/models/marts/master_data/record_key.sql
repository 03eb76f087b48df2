-- Every project and contract has a row, keyed in again or not, so that whoever asks for a number finds it, old or new.
with

places as (

    {%- for object_type in ['project', 'contract'] %}
    select
        cast('{{ object_type }}' as {{ dbt.type_string() }}) as object_type,
        {{ object_type }}_id as record_id,
        name,
        legal_entity_id,
        row_number() over (partition by {{ object_type }}_id order by source_system) as preference
    from {{ ref('core_' ~ object_type) }}
    where known_to is null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

links as (

    select
        object_type,
        record_id,
        max(known_at) as known_at,
        max(case when basis = 'inferred' then 1 else 0 end) as has_inferred

    from (
        select object_type, left_id as record_id, basis, known_at from {{ ref('int_rekeyed') }} where verdict = 'same'
        union all
        select object_type, right_id as record_id, basis, known_at from {{ ref('int_rekeyed') }} where verdict = 'same'
    ) as ends
    group by object_type, record_id

)

select
    record_key.object_type,
    record_key.record_id,
    record_key.stable_id,
    record_key.current_id,
    places.name as record_name,
    places.legal_entity_id,
    record_key.records,
    cast(case
        when links.record_id is null then 'own'
        when links.has_inferred = 1 then 'inferred'
        else 'decided'
    end as {{ dbt.type_string() }}) as basis,
    links.known_at as linked_known_at,
    owners.steward_queue

from {{ ref('int_record_key') }} as record_key
inner join places
    on record_key.object_type = places.object_type
    and record_key.record_id = places.record_id
    and places.preference = 1
left join links
    on record_key.object_type = links.object_type
    and record_key.record_id = links.record_id
left join {{ ref('data_owner') }} as owners
    on owners.domain = case when record_key.object_type = 'project' then 'project_identifiers' else 'contract_terms' end
order by record_key.object_type, record_key.record_id
