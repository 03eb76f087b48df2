{#
  Catches: two rows of one key that hold on the same day (half-open spans). Usual cause: a span not closed by the next.
  A row returned is a span and the first day of the one that begins before it ends.
#}
{% test intervals_do_not_overlap(model, key, valid_from, valid_to) %}
    select *
    from (
        select
            {{ key | join(', ') }},
            {{ valid_from }},
            {{ valid_to }},
            lead({{ valid_from }}) over (partition by {{ key | join(', ') }} order by {{ valid_from }}) as next_from
        from {{ model }}
    ) as spans
    where next_from < {{ valid_to }} or {{ valid_to }} <= {{ valid_from }}
{% endtest %}
