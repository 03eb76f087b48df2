{#
  What a source keys in again under a new number stays one project or contract: `int_record_key` knows the number that holds
  now. Facts name the number of their day; whoever adds them up per project or contract reads them through this macro, which
  replaces the column by the number that holds now.
#}
{% macro under_present_number(rows, object_type, columns) -%}
    (
        select
            {%- for column in columns %}
            stated.{{ column }},
            {%- endfor %}
            coalesce(record_key.current_id, stated.{{ object_type }}_id) as {{ object_type }}_id

        from {{ rows }} as stated
        left join {{ ref('int_record_key') }} as record_key
            on stated.{{ object_type }}_id = record_key.record_id
            and record_key.object_type = '{{ object_type }}'
    )
{%- endmacro %}


{#
  The span over which a record lived (neither cancelled nor deleted), and what it said last while it did, by which a record that
  is keyed in again is known. `ended_at` is the moment from which it was known to live no more; null while it lives.
#}
{% macro lives_of(object_type, identity) -%}
    select
        cast('{{ object_type }}' as {{ dbt.type_string() }}) as object_type,
        {{ object_type }}_id as record_id,
        source_system,
        began_at,
        held_to as ended_at,
        {{ identity }} as identity

    from (
        select
            version.*,
            min(known_at) over (partition by {{ object_type }}_id) as began_at,
            row_number() over (
                partition by {{ object_type }}_id order by known_at desc, source_system, source_line desc
            ) as recency
        from {{ known_versions(object_type) }} as version
        where not is_deleted and status <> 'cancelled' and (held_to is null or held_to > known_at)
    ) as living
    where recency = 1
{%- endmacro %}
