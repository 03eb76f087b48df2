{#
  Catches: two marts that give different totals for one definition. Usual cause: a join that multiplies or drops rows, or a
  formula written twice and changed once. A row returned is a group, with both totals.
#}
{% test agrees_with(model, expression, to, to_expression, by) %}
    select
        {{ by | join(', ') }},
        sum(one_total) as one_total,
        sum(other_total) as other_total
    from (
        select {{ by | join(', ') }}, {{ expression }} as one_total, 0 as other_total
        from {{ model }}
        group by {{ by | join(', ') }}
        union all
        select {{ by | join(', ') }}, 0 as one_total, {{ to_expression }} as other_total
        from {{ to }}
        group by {{ by | join(', ') }}
    ) as both_sides
    group by {{ by | join(', ') }}
    having coalesce(sum(one_total), 0) <> coalesce(sum(other_total), 0)
{% endtest %}
