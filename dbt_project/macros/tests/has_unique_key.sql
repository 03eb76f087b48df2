{#
  Catches: two rows of one grain, and keys without value. Usual cause: a join that multiplies rows, or one id delivered by
  two source systems (prefix it in the mapping). A row returned is a key, and how many rows carry it.
  `nullable` lists key columns that may be empty.
#}
{% test has_unique_key(model, columns, nullable=[]) %}
    select
        {{ columns | join(', ') }},
        count(*) as rows_with_this_key
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
    {%- for column in columns if column not in nullable %}
        or {{ column }} is null
    {%- endfor %}
{% endtest %}
