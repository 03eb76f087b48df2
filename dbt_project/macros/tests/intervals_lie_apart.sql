{#
  Catches: a key of which two rows are believed at one moment, and intervals that end before they start.
  Usual cause: a join that multiplies versions. A row returned overlaps the next one of its key; both starts are shown.
#}
{% test intervals_lie_apart(model, key) %}
    select *
    from (
        select
            {{ key | join(', ') }},
            known_at,
            known_to,
            lead(known_at) over (partition by {{ key | join(', ') }} order by known_at, known_to) as next_known_at
        from {{ model }}
    ) as ordered
    where known_to <= known_at
        or known_at is null
        or next_known_at < coalesce(known_to, cast('9999-12-31' as timestamp))
{% endtest %}
