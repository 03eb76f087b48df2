{#
  The history of an entity from its deliveries, in three steps:
  1/3 order the deliveries of each key by when they could be known, then by when they were loaded, then by line;
  2/3 fold a delivery that says what the one before it said: it brought no news;
  3/3 close each version when the next one was known.
  Every step looks only backwards but the closing, so that a cut of the landing at T is a prefix of the history.
  A key's history hangs on its own deliveries alone: an incremental build recomputes only the keys in new batches.
#}
{% macro versions(staged, key, content) -%}
    {%- do config(unique_key=key) %}
    select
        changed.*,
        lead(known_at) over (partition by {{ key | join(', ') }} order by version_number) as known_to,
        min(known_at) over (partition by {{ key | join(', ') }}) as first_known_at

    from (

        select
            numbered.*,
            row_number() over deliveries as version_number,
            case when
                row_number() over deliveries > 1
                {%- for column in content %}
                and {{ column }} is not distinct from lag({{ column }}) over deliveries
                {%- endfor %}
            then 1 else 0 end as is_repeated

        from (

            select
                delivered.*,
                batch.loaded_at as batch_loaded_at

            from {{ staged }} as delivered
            inner join {{ ref('stg_landing__batch') }} as batch on delivered.batch_id = batch.batch_id
            {%- if new_batches() %}
            inner join (
                select {{ key | join(', ') }}
                from {{ staged }} as new_delivery
                where {{ is_new_delivery('new_delivery') }}
                group by {{ key | join(', ') }}
            ) as changed_key on
                {%- for column in key %}
                {{ 'and ' if not loop.first }}delivered.{{ column }} = changed_key.{{ column }}
                {%- endfor %}
            {%- endif %}

        ) as numbered

        window deliveries as (
            partition by {{ key | join(', ') }}
            order by known_at, batch_loaded_at, batch_id, source_line
        )

    ) as changed

    where is_repeated = 0
{%- endmacro %}
