{#
  Catches: a key without value, a key with two current versions, and histories with holes, overlaps or backward steps.
  Usual cause: a change of the versioning macro. A row returned is a version whose stored bounds are not what its
  neighbours say; both are shown.
#}
{% test versions_are_sound(model, key) %}
    select *
    from (
        select
            {{ key | join(', ') }},
            known_at,
            known_to,
            first_known_at,
            batch_id,
            source_line,
            lead(known_at) over (
                partition by {{ key | join(', ') }} order by known_at, coalesce(known_to, cast('9999-12-31' as timestamp))
            ) as next_known_at,
            min(known_at) over (partition by {{ key | join(', ') }}) as least_known_at
        from {{ model }}
    ) as bounded
    where known_to is distinct from next_known_at
        or first_known_at is distinct from least_known_at
        or known_to < known_at
        or known_at is null
        {%- for column in key %}
        or {{ column }} is null
        {%- endfor %}
{% endtest %}
