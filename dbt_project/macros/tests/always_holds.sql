{# Catches: rows that break an identity of the mart, such as parts that do not add up. A row returned is such a row. #}
{% test always_holds(model, expression) %}
    select *
    from {{ model }}
    where not coalesce({{ expression }}, false)
{% endtest %}
