{# The end of an interval of knowledge; while a version holds, its end is null, and for ever comes after every moment. #}
{% macro known_until(row) -%}
    coalesce({{ row }}.known_to, cast('9999-12-31' as timestamp))
{%- endmacro %}


{# Whether a version was believed at a moment. #}
{% macro holds_at(row, moment) -%}
    {{ row }}.known_at <= {{ moment }} and {{ known_until(row) }} > {{ moment }}
{%- endmacro %}


{# Whether there was a moment at which both versions were believed. #}
{% macro hold_together(one, other) -%}
    greatest({{ one }}.known_at, {{ other }}.known_at) < least({{ known_until(one) }}, {{ known_until(other) }})
{%- endmacro %}


{# The day a bill is late: so many days after the end of the month of `day`. #}
{% macro billing_is_late_on(day, grace_days) -%}
    cast({{ dbt.dateadd('day', grace_days, dbt.last_day(day, 'month')) }} as date)
{%- endmacro %}


{# A date as its month, YYYY-MM. #}
{% macro month_of(day) -%}
    substring(cast({{ day }} as {{ dbt.type_string() }}), 1, 7)
{%- endmacro %}
