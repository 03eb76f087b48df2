{#
  A product of decimals with room for its digits. DuckDB keeps the product of two DECIMAL(18)s in 18 digits and fails when
  it needs more: an amount of 100 million at a rate with eight decimals already does.
#}
{% macro product(amount, factor) -%}
    cast({{ amount }} as decimal(38, 2)) * {{ factor }}
{%- endmacro %}


{# Money as the warehouse keeps it: cents, rounded half away from zero, once. #}
{% macro money(amount) -%}
    cast(round({{ amount }}, 2) as decimal(18, 2))
{%- endmacro %}


{# A quotient with four decimals; nothing divided by nothing is null, never an error. #}
{% macro ratio(part, whole) -%}
    cast(round(({{ part }}) / nullif({{ whole }}, 0), 4) as decimal(18, 4))
{%- endmacro %}


{# Hours as the warehouse keeps them. #}
{% macro hours(amount) -%}
    cast(round({{ amount }}, 2) as decimal(18, 2))
{%- endmacro %}


{# The Monday of a day's week. #}
{% macro week_start_of(day) -%}
    cast({{ dbt.date_trunc('week', day) }} as date)
{%- endmacro %}


{# The first day of a day's month. #}
{% macro month_start_of(day) -%}
    cast({{ dbt.date_trunc('month', day) }} as date)
{%- endmacro %}


{# Days counted from Monday (0) to Sunday (6), by arithmetic: engines number weekdays differently. 1900-01-01 was a Monday. #}
{% macro weekday_of(day) -%}
    mod({{ dbt.datediff("cast('1900-01-01' as date)", day, 'day') }}, 7)
{%- endmacro %}


{# A day shifted by a number of days. #}
{% macro days_after(day, days) -%}
    cast({{ dbt.dateadd('day', days, day) }} as date)
{%- endmacro %}


{# Every day from one to another, both included, as a relation of one column `calendar_day`. #}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{%- endmacro %}


{% macro duckdb__days_between(first, last) -%}
    select cast(generated.day as date) as calendar_day
    from (select unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as day) as generated
{%- endmacro %}
