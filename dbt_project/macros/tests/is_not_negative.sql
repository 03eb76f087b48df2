{# Catches: amounts or hours below zero where none can be. A row returned shows all the columns tested. #}
{% test is_not_negative(model, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    where {% for column in columns %}{{ column }} < 0{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
