{#
  Catches: an object with two states on one day (spans of days, both ends included). Usual cause: two versions of one day
  that both count. A row returned is a span, and the first day of the one that begins before it ends.
#}
{% test spans_lie_apart(model, key) %}
    select *
    from (
        select
            {{ key }},
            from_day,
            to_day,
            lead(from_day) over (partition by {{ key }} order by from_day) as next_from
        from {{ model }}
    ) as spans
    where next_from <= to_day
{% endtest %}
